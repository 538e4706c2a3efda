/*
 * Socket Mode, as an app speaks it, without a gap at refreshes. Links come and go:
 *
 *    old   hello ──────── warning ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ▶ ended by the server: it has sent all that
 *    new                     ╰─ dial ──── hello ──────────── warning ─ …              it had to say there
 *
 * A link that breaks without a word is dialled again by itself, with a ticket of its own for each dial.
 */
import { ResilientWebSocket } from "holdfast/websocket";
import { PingingWebSocket } from "./pinging-websocket.js";

export interface Happening {
	/** "events_api", "interactive", "slash_commands" */
	readonly type: string;
	/** What an event is known by when it is told again; of other things the envelope's. */
	readonly id: string;
	readonly payload: unknown;
}

export interface SocketModeOptions {
	/** "xapp-…" */
	readonly appToken: string;
	/** @default "https://slack.com/api/" */
	readonly api?: string;
	/** Each happening once. What it returns goes back to the user where Slack takes an answer. */
	readonly happened: (happening: Happening) => unknown;
	readonly log: (line: string) => void;
}

interface Link {
	readonly socket: ResilientWebSocket;
	is: "dialling" | "here" | "leaving";
}

interface Frame {
	readonly type: string;
	readonly reason?: string;
	readonly envelope_id?: string;
	readonly payload?: { readonly event_id?: string };
	readonly accepts_response_payload?: boolean;
}

/** A link that was warned ends ten seconds later by the server's hand; past this, by ours. */
const LINGER_MS = 20_000;
/** What Slack tries again comes within minutes: so many ids reach further back. */
const REMEMBERED = 10_000;
/** Nothing that a later try could change. */
const FINAL = ["invalid_auth", "not_authed", "account_inactive", "team_disabled"];

export class SocketMode {
	/** Resolves with why it ended. */
	readonly ended: Promise<string>;
	readonly #options: SocketModeOptions;
	readonly #links = new Set<Link>();
	readonly #seen = new Set<string>();
	#end: (reason: string) => void = () => undefined;

	constructor(options: SocketModeOptions) {
		this.#options = options;
		this.ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		this.#dial();
	}

	close(reason = "closed"): void {
		for (const link of this.#links) this.#leave(link);
		this.#end(reason);
	}

	#dial(): void {
		const socket = new ResilientWebSocket(() => this.#ticket(), [], {
			// Until its warning a link is to come back, whatever it ended with.
			isFinal: () => link.is === "leaving",
			runtime: { WebSocket: PingingWebSocket },
		});
		const link: Link = { socket, is: "dialling" };
		this.#links.add(link);
		socket.onmessage = ({ data }) => this.#take(link, JSON.parse(String(data)));
		socket.onclose = () => this.#links.delete(link);
	}

	#leave(link: Link): void {
		link.is = "leaving";
		link.socket.close();
	}

	#take(link: Link, frame: Frame): void {
		if (frame.type === "hello") this.#arrive(link);
		else if (frame.type === "disconnect") this.#disconnect(link, String(frame.reason));
		else if (frame.envelope_id !== undefined) this.#happen(link, frame, frame.envelope_id);
	}

	#arrive(link: Link): void {
		link.is = "here";
		this.#options.log("connected");
		for (const old of this.#links)
			if (old.is === "leaving") setTimeout(() => this.#leave(old), LINGER_MS).unref();
	}

	#disconnect(link: Link, reason: string): void {
		this.#options.log(`disconnect: ${reason}`);
		if (reason === "link_disabled") return this.close("Socket Mode is turned off for this app.");
		// It closes, and the link dials again by itself: later each time.
		if (reason === "too_many_websockets") return;
		if (link.is === "leaving") return this.#leave(link);
		link.is = "leaving";
		this.#dial();
	}

	#happen({ socket }: Link, frame: Frame, envelope: string): void {
		const { type, payload, accepts_response_payload: isAnswered } = frame;
		const id = payload?.event_id ?? envelope;
		const isNew = !this.#seen.has(id);
		const answer = isNew ? this.#options.happened({ type, id, payload }) : undefined;
		const carried = isAnswered && answer !== undefined ? { payload: answer } : {};
		socket.send(JSON.stringify({ envelope_id: envelope, ...carried }));
		this.#seen.add(id);
		const [oldest] = this.#seen;
		if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
	}

	/** A URL is good for one dial. */
	async #ticket(): Promise<string> {
		const { appToken, api = "https://slack.com/api/" } = this.#options;
		const response = await fetch(new URL("apps.connections.open", api), {
			method: "POST",
			headers: { Authorization: `Bearer ${appToken}` },
			signal: AbortSignal.timeout(10_000),
		});
		const { ok, url, error } = (await response.json()) as Record<string, unknown>;
		if (ok === true) return String(url);
		if (FINAL.includes(String(error))) this.close(`apps.connections.open: ${error}`);
		throw new Error(`apps.connections.open: ${error}`);
	}
}
