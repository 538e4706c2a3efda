/* Applink on loopback, and the official client for it, as its users have it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LogLevel, SocketModeClient } from "@slack/socket-mode";
import type { Dispatcher } from "undici";
import { onTestFinished } from "vitest";
import { Applink, type ApplinkOptions } from "../../../playground/edge/applink/applink.js";
import type { Kind, Outcome } from "../../../playground/edge/applink/contract.js";
import { CANARY_TOKEN } from "../../support/secrets.js";

export const APP = "A0123456";
export const TOKEN = `xapp-1-${CANARY_TOKEN}`;

export interface Seen {
	readonly event: string;
	readonly envelope: string;
	readonly retry: number;
	readonly reason: string;
}

export interface ApplinkRig {
	readonly applink: Applink;
	/** "http://127.0.0.1:…/api/" */
	readonly api: string;
	readonly publish: (event: string, kind?: Kind) => Promise<Outcome>;
	/** Unmodified. It acknowledges what it gets, and `seen` has it. */
	readonly client: (options?: ClientOptions) => OfficialClient;
}

interface ClientOptions {
	/** How it dials. @default as undici does */
	readonly dispatcher?: Dispatcher;
	/** False: keeps silent. @default it acknowledges all */
	readonly acknowledges?: (seen: Seen) => unknown;
}

export interface OfficialClient {
	readonly client: SocketModeClient;
	readonly seen: readonly Seen[];
	/** Of the client's own: "connected", "reconnecting", … */
	readonly states: readonly string[];
}

const STATES = ["connecting", "connected", "reconnecting", "disconnected"] as const;

export async function startApplink(options: Partial<ApplinkOptions> = {}): Promise<ApplinkRig> {
	const applink = new Applink({ apps: [{ id: APP, token: TOKEN }], ...options });
	await applink.start();
	const http = createServer(applink.open);
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", () => resolve()));
	const api = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/`;
	onTestFinished(async () => {
		http.closeAllConnections();
		await applink.stop();
		await new Promise((resolve) => http.close(resolve));
	});
	const publish: ApplinkRig["publish"] = (event, kind = "events_api") => {
		const inner = { type: "message", text: event };
		const payload =
			kind === "events_api" ? { type: "event_callback", event_id: event, event: inner } : { event };
		return applink.publish(APP, { kind, payload, acceptsResponsePayload: kind !== "events_api" });
	};
	return { applink, api, publish, client: (given) => connectOfficial(api, given) };
}

/** Ends with the test. */
export function connectOfficial(
	api: string,
	{ acknowledges = () => ({}), dispatcher }: ClientOptions = {},
): OfficialClient {
	const client = new SocketModeClient({
		appToken: TOKEN,
		// It waits as long before it dials again: five seconds by default.
		clientPingTimeout: 1_500,
		logLevel: LogLevel.ERROR,
		clientOptions: { slackApiUrl: api },
		...(dispatcher === undefined ? {} : { dispatcher }),
	});
	const seen: Seen[] = [];
	const states: string[] = [];
	for (const state of STATES) client.on(state, () => states.push(state));
	client.on("slack_event", ({ ack, body, envelope_id, retry_num, retry_reason }) => {
		const { event_id, event } = body as { event_id?: string; event?: string };
		const each: Seen = {
			event: String(event_id ?? event),
			envelope: String(envelope_id),
			retry: retry_num ?? 0,
			reason: retry_reason ?? "",
		};
		seen.push(each);
		const reply = acknowledges(each);
		if (reply !== false) void ack(reply).catch(() => undefined);
	});
	onTestFinished(() => client.disconnect());
	return { client, seen, states };
}
