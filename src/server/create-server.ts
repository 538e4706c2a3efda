import { RealtimeError } from "../errors/realtime-error.js";
import type { GoodbyeFrame } from "../protocol/frames.js";
import { MAX_CHANNEL_LENGTH, MAX_ID_LENGTH } from "../protocol/limits.js";
import type { Position } from "../protocol/position.js";
import { ASYNC_DISPOSE } from "../reactive/disposable.js";
import type { Readable } from "../reactive/readable.js";
import { Access } from "./access.js";
import type {
	MessageLog,
	RealtimeServer,
	ServerLink,
	ServerOptions,
	ServerSocket,
	ServerStats,
} from "./contract.js";
import { drain } from "./drain.js";
import { kindOf } from "./fault.js";
import { Feed } from "./feed.js";
import { Flusher } from "./flusher.js";
import { HttpHalf } from "./http.js";
import type { Hub } from "./hub.js";
import { Link } from "./link.js";
import { memoryLog, RETAIN } from "./memory-log.js";
import { keepDataJson } from "./message-json.js";
import { Roster, turnAway } from "./roster.js";
import { readSettings, type Settings } from "./settings.js";
import { Stats } from "./stats.js";

/**
 * The server half, without a transport: hand it sockets (`opened`) and requests (`handle`), or let an
 * adapter such as "holdfast/server/node" do so. Many servers over one log are one service.
 * @throws RealtimeError `invalid-option`
 */
export function createServer<X = unknown>(options: ServerOptions<X>): RealtimeServer<X> {
	return new Server(options, readSettings(options));
}

const NO_LINK: ServerLink = { message: () => undefined, closed: () => undefined };

class Server<X> implements RealtimeServer<X> {
	readonly stats: Readable<ServerStats>;
	readonly limits: RealtimeServer<X>["limits"];
	readonly #access: Access<X>;
	readonly #hub: Hub;
	readonly #http: HttpHalf<X>;
	readonly #ownLog: MessageLog | null;
	readonly #end = new AbortController();
	/** What the ids of its own publishes begin with. */
	readonly #name: string;
	#ids = 0;
	#draining: Promise<void> | null = null;

	constructor(options: ServerOptions<X>, settings: Settings) {
		this.#name = newName(settings);
		const { clock, logger, random, maxFrameBytes, allowedOrigins } = settings;
		const { retain = options.log?.retain ?? RETAIN } = options;
		this.#ownLog = options.log ? null : memoryLog({ retain, runtime: { clock, random } });
		const log = options.log ?? (this.#ownLog as MessageLog);
		this.#access = new Access(options, settings);
		const stats = new Stats((reason) =>
			logger.error("stats-listener-threw", { kind: kindOf(reason) }),
		);
		this.stats = stats;
		this.limits = { maxFrameBytes, allowedOrigins };
		this.#hub = {
			settings,
			log,
			rights: this.#access,
			feed: new Feed(log, settings, settings.heartbeat.idleMs / 4),
			flusher: new Flusher(clock),
			stats,
			roster: new Roster(settings),
			dedupeMs: log.retain?.ms ?? retain.ms,
			signal: this.#end.signal,
		};
		this.#http = new HttpHalf(this.#access, this.#hub);
	}

	opened(socket: ServerSocket, context: X): ServerLink {
		const { roster } = this.#hub;
		if (this.#isLeaving) turnAway(socket, 1012, roster.windowReason);
		else if (roster.isFull) turnAway(socket, 1013, roster.windowReason);
		else return new Link(socket, (token, as) => this.#access.admit(token, context, as), this.#hub);
		return NO_LINK;
	}

	handle(request: Request, context: X): Promise<Response> {
		return this.#http.handle(request, context);
	}

	async publish(
		channel: string,
		data: unknown,
		options: { id?: string; from?: string } = {},
	): Promise<Position> {
		const { id = this.#newId(), from = null } = options;
		if (!isName(channel, MAX_CHANNEL_LENGTH) || !isName(id, MAX_ID_LENGTH))
			throw new RealtimeError("invalid-option", "channel and id are short texts, not empty.");
		const copy = toJsonValue(data, this.limits.maxFrameBytes);
		const message = { id, from, data: copy, at: this.#hub.settings.clock.now() };
		const appended = await this.#hub.log.append(channel, message);
		// Nothing fences a server's own publish.
		if (appended.status === "fenced") throw new RealtimeError("internal", "fenced without a fence");
		if (!appended.duplicate) this.#hub.stats.count("publishes");
		return appended.position;
	}

	disconnect(identityId: string, { forbid = false }: { forbid?: boolean } = {}): void {
		for (const session of [...this.#hub.roster.of(identityId)])
			session.close(forbid ? 4403 : 4401, "logged out");
	}

	drain({ withinMs, reason = "drain" }: { withinMs: number; reason?: string }): Promise<void> {
		if (!(withinMs >= 0 && withinMs < Number.POSITIVE_INFINITY))
			throw new RealtimeError("invalid-option", "withinMs is a time to wait.");
		const { roster, settings } = this.#hub;
		settings.logger.info("drain", { reason, withinMs });
		this.#draining ??= drain({ withinMs, reason: wireReason(reason) }, roster, settings);
		return this.#draining;
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		const { roster, flusher } = this.#hub;
		this.#end.abort();
		roster.closeAll();
		flusher.end();
		await this.#ownLog?.[ASYNC_DISPOSE]();
	}

	get #isLeaving(): boolean {
		return this.#end.signal.aborted || this.#hub.roster.isDraining;
	}

	/** Chance once and a count from then on: numbers of chance for each cost more than the append. */
	#newId(): string {
		this.#ids += 1;
		return this.#name + this.#ids.toString(36);
	}
}

/** No other server's, nor this one's in an earlier life. */
function newName({ random, clock }: Settings): string {
	const chance = [1, 2, 3].map(() => Math.floor(random() * 2 ** 32).toString(36));
	return [clock.now().toString(36), ...chance, ""].join("-");
}

function wireReason(reason: string): GoodbyeFrame["reason"] {
	return reason === "overload" || reason === "refresh" ? reason : "drain";
}

function isName(value: unknown, max: number): boolean {
	return typeof value === "string" && value !== "" && value.length <= max;
}

/** A copy: what the caller changes later is not what was published. */
function toJsonValue(data: unknown, maxBytes: number): unknown {
	let json: string | undefined;
	try {
		json = JSON.stringify(data);
	} catch (cause) {
		throw new RealtimeError("invalid-option", "data is not JSON.", { cause });
	}
	if (json === undefined) throw new RealtimeError("invalid-option", "data is not JSON.");
	if (json.length > maxBytes) throw new RealtimeError("message-too-large", "data is too large.");
	const copy: unknown = JSON.parse(json);
	keepDataJson(copy, json);
	return copy;
}
