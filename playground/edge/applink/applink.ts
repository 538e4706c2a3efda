/*
 * Applink: apps that have no address of their own fetch a ticket, dial, and are told what happens. The
 * decisions are the machine's; here are its clock, its secrets, its hosts and the HTTP before them.
 *
 *    app ── POST apps.connections.open ─▶ api ── ticket ─▶ machine ◀── publish ── webapp
 *     ╰──── wss, with the ticket ───────▶ host ── frames ────╯
 *
 * Payloads live here, not in a host: one that is killed takes sockets along, and nothing else.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Target } from "../balancer.js";
import {
	APPLINK_POLICY,
	type AppConfig,
	type ApplinkEffect,
	type ApplinkInput,
	type ApplinkPolicy,
	type Occurrence,
	type OpenReply,
	type Outcome,
} from "./contract.js";
import { decodeAcknowledgement, encodeFrame } from "./frames.js";
import { ApplinkHost, type Line } from "./host.js";
import { appOf, transition, wakeAt } from "./machine.js";
import { LINK_PATH, readOpen } from "./opening.js";
import { type ApplinkState, initialState } from "./state.js";

export interface ApplinkOptions {
	readonly apps: readonly AppConfig[];
	readonly policy?: Partial<ApplinkPolicy>;
	/** @default 2 */
	readonly hosts?: number;
	/** @default 10000 */
	readonly pingMs?: number;
	/** What an app dials to come to this host, without its query. @default its own port, without TLS */
	readonly linkOf?: (host: ApplinkHost) => string;
}

export interface ApplinkCounts {
	/** By app, live. */
	readonly sockets: Readonly<Record<string, number>>;
	readonly pending: number;
	readonly acknowledged: number;
	readonly failed: number;
	/** Frames that were none of the protocol's. */
	readonly strange: number;
	/** Acknowledgements that settled nothing: late, or of nothing that there was. */
	readonly unasked: number;
	/** Of `apps.connections.open`. */
	readonly refused: number;
}

/** The longest a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Applink {
	readonly hosts: readonly ApplinkHost[];
	readonly #options: ApplinkOptions;
	readonly #policy: ApplinkPolicy;
	readonly #lines = new Map<number, Line>();
	readonly #waiting = new Map<number, (outcome: Outcome) => void>();
	readonly #counts = { acknowledged: 0, failed: 0, strange: 0, unasked: 0, refused: 0 };
	#state: ApplinkState;
	#ids = 0;
	#timer: NodeJS.Timeout | undefined;
	#reply: OpenReply | null = null;
	#isOver = false;

	constructor(options: ApplinkOptions) {
		this.#options = options;
		this.#policy = { ...APPLINK_POLICY, ...options.policy };
		this.#state = initialState(options.apps);
		const { hosts = 2, pingMs = 10_000 } = options;
		this.hosts = Array.from(
			{ length: hosts },
			(_, at) =>
				new ApplinkHost({
					name: `applink-${at + 1}`,
					pingMs,
					dialled: (line, dial) => {
						const socket = ++this.#ids;
						this.#lines.set(socket, line);
						this.#take({ type: "dialled", socket, dial });
						return {
							received: (text) => this.#received(socket, text),
							closed: () => {
								this.#lines.delete(socket);
								this.#take({ type: "closed", socket });
							},
						};
					},
				}),
		);
	}

	get counts(): ApplinkCounts {
		const sockets: Record<string, number> = {};
		for (const { app, is } of this.#state.sockets.values())
			if (is !== "ended") sockets[app] = (sockets[app] ?? 0) + 1;
		return { sockets, pending: this.#state.pending.size, ...this.#counts };
	}

	/** Where its hosts are that run. */
	get targets(): readonly Target[] {
		return this.hosts.flatMap(({ target }) => target ?? []);
	}

	/** To any of its hosts: a ticket is good for all. */
	take(stream: Duplex): void {
		const host = this.#pick();
		if (host === null) stream.destroy();
		else host.take(stream);
	}

	async start(): Promise<void> {
		for (const host of this.hosts) await host.start();
	}

	/** For good. What waits is told that it failed. */
	async stop(): Promise<void> {
		this.#isOver = true;
		for (const { id } of this.#options.apps) this.turn(id, "off");
		await Promise.all(this.hosts.map((host) => host.kill()));
	}

	/** Resolves with what became of it, never rejects. */
	publish(app: string, what: Occurrence): Promise<Outcome> {
		const id = ++this.#ids;
		return new Promise((resolve) => {
			this.#waiting.set(id, resolve);
			this.#take({ type: "occurred", id, app, what });
		});
	}

	refresh(app: string): void {
		this.#take({ type: "refresh-ordered", app });
	}

	turn(app: string, to: "on" | "off"): void {
		this.#take({ type: "switched", app, to });
	}

	/** `apps.connections.open`. */
	readonly open = (request: IncomingMessage, response: ServerResponse): void => {
		// Its body says nothing that counts.
		request.resume();
		const asked = readOpen(request.method ?? "", request.headers);
		if (asked.is === "wrong") return answer(response, 200, { ok: false, error: asked.error });
		const app = appOf(this.#options.apps, asked.token);
		const host = this.#pick();
		if (host === null) return answer(response, 200, DOWN);
		const reply = this.#ask(app);
		if (reply.is === "opened") {
			const { linkOf = ownLink } = this.#options;
			const url = `${linkOf(host)}?ticket=${reply.ticket}&app_id=${app}`;
			return answer(response, 200, { ok: true, url });
		}
		const { error, retryAfterMs } = reply;
		if (retryAfterMs === 0) return answer(response, 200, { ok: false, error });
		response.setHeader("Retry-After", Math.ceil(retryAfterMs / 1_000));
		answer(response, 429, { ok: false, error });
	};

	#pick(): ApplinkHost | null {
		const ups = this.hosts.filter(({ target }) => target !== null);
		return ups[Math.floor(Math.random() * ups.length)] ?? null;
	}

	#ask(app: string | null): OpenReply {
		this.#reply = null;
		this.#take({ type: "open-asked", app, ticket: randomBytes(24).toString("base64url") });
		return this.#reply ?? { is: "refused", error: "invalid_auth", retryAfterMs: 0 };
	}

	#received(socket: number, text: string | null): void {
		const read = text === null ? null : decodeAcknowledgement(text);
		if (read === null) {
			this.#counts.strange += 1;
			return;
		}
		const { acknowledged } = this.#counts;
		this.#take({ type: "acknowledged", socket, ...read });
		if (this.#counts.acknowledged === acknowledged) this.#counts.unasked += 1;
	}

	#take(input: ApplinkInput): void {
		const terms = { policy: this.#policy, now: performance.now(), random: Math.random };
		const [state, effects] = transition(this.#state, input, terms);
		this.#state = state;
		for (const effect of effects) this.#obey(effect);
		clearTimeout(this.#timer);
		const wake = wakeAt(this.#state, terms);
		if (wake === Number.POSITIVE_INFINITY || this.#isOver) return;
		// A timer may come a moment early: then it is asked for once more.
		const inMs = Math.min(MAX_TIMER_MS, Math.max(1, Math.ceil(wake - terms.now)));
		this.#timer = setTimeout(() => this.#take({ type: "ticked" }), inMs);
	}

	#obey(effect: ApplinkEffect): void {
		switch (effect.type) {
			case "reply":
				this.#reply = effect.reply;
				if (effect.reply.is === "refused") this.#counts.refused += 1;
				return;
			case "refuse":
				this.#lines.get(effect.socket)?.refuse();
				this.#lines.delete(effect.socket);
				return;
			case "accept":
				return this.#lines.get(effect.socket)?.accept();
			case "send":
				return this.#lines.get(effect.socket)?.send(encodeFrame(effect.frame));
			case "close":
				return this.#lines.get(effect.socket)?.close();
			case "settle":
				this.#counts[effect.outcome.is] += 1;
				this.#waiting.get(effect.id)?.(effect.outcome);
				return void this.#waiting.delete(effect.id);
			default:
				return effect satisfies never;
		}
	}
}

/** An error of Slack's that its clients try again. */
const DOWN = { ok: false, error: "service_unavailable" };

function ownLink({ target }: ApplinkHost): string {
	return `ws://${target?.host}:${target?.port}${LINK_PATH}`;
}

function answer(response: ServerResponse, status: number, body: object): void {
	response.writeHead(status, {
		"Content-Type": "application/json; charset=utf-8",
		"Cache-Control": "no-store",
	});
	response.end(JSON.stringify(body));
}
