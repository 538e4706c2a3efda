import { invalid, complete } from "../client/settings.js";
import { type ConnectionState, project } from "../connection/projection.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { Cell, type Readable } from "../reactive/readable.js";
import { Backlog } from "./backlog.js";
import { Driver } from "./driver.js";
import { report, type SocketSetup } from "./setup.js";
import type { SocketState } from "./machine.js";
import type { BufferPolicy, ResilientOptions } from "./options.js";
import { baseUrl, checkCommon, checkList } from "./settings.js";
import { checkProtocols, parseUrl } from "./standard.js";
import { present, Surface } from "./surface.js";

type Where = string | URL | readonly (string | URL)[] | (() => Promise<string>);

const BUFFER: BufferPolicy = {
	maxMessages: 1_000,
	maxBytes: 1_048_576,
	overflow: "reject-newest",
};
const FINAL = [1_000, 1_008, 4_401, 4_403];
/** Stands for what a function will say: it is never dialled. */
const ASKED = "wss://url.invalid/";

class ResilientSocket extends Surface {
	readonly connection: Readable<ConnectionState>;
	readonly #driver: Driver;

	constructor(...given: [where: Where, protocols?: unknown, options?: ResilientOptions]) {
		if (given.length < 1) throw new TypeError("WebSocket takes a URL.");
		const [where, protocols, options = {}] = given;
		const { setup, backlog, connection } = compose(where, checkProtocols(protocols), options);
		let made: Driver | undefined;
		super((listener) => {
			made = new Driver(
				setup(() => made),
				listener,
			);
			return made;
		}, backlog);
		this.#driver = made as unknown as Driver;
		this.connection = connection;
	}

	reconnect(reason = "reconnect"): void {
		if (this.readyState > 1)
			throw new RealtimeError("closed", "This WebSocket is closed.", {
				remediation: "Make a new one.",
			});
		this.#driver.reconnect(reason);
	}
}

/** What lies behind one socket. */
function compose(where: Where, protocols: string[], options: ResilientOptions) {
	const { policy, question, runtime } = checkCommon(options);
	const buffer = complete("buffer", BUFFER, options.buffer);
	if (!/^(drop-oldest|reject-newest)$/.test(buffer.overflow))
		throw invalid("buffer.overflow is unknown.");
	const { isFinal = ({ code }) => FINAL.includes(code) } = options;
	const base = baseUrl();
	const isAsked = typeof where === "function";
	const urls = isAsked
		? [ASKED]
		: ([where].flat() as (string | URL)[]).map((url) => parseUrl(url, base).href);
	const connection = new Cell<ConnectionState>({ status: "idle" }, report);
	const backlog = new Backlog(buffer);
	const setup = (driver: () => Driver | undefined): SocketSetup => ({
		...checkList(urls),
		policy: { ...policy, loss: "redial", isFinal },
		question,
		runtime,
		protocols,
		options: { perMessageDeflate: false },
		address: isAsked ? async () => sane(await where(), base) : ({ url }) => url,
		urlOf: (dialled) => dialled ?? (isAsked ? "" : (urls[0] ?? "")),
		connected: () => backlog.flush((data) => driver()?.send(data)),
		changed: (state) => {
			const shown = show(state, driver(), runtime);
			const next =
				isAsked && "endpoint" in shown
					? { ...shown, endpoint: driver()?.url.replace(/\?.*/, "") ?? "" }
					: shown;
			if (JSON.stringify(next) !== JSON.stringify(connection.get())) connection.set(next);
		},
	});
	return { setup, backlog, connection };
}

/** What a function said is not for the log: a ticket may be in it. */
function sane(url: string, base: string | undefined): string {
	try {
		return parseUrl(url, base).href;
	} catch {
		throw invalid("The function for the URL gave none.");
	}
}

/** What an app sees. Nothing here knows of missed messages: nothing is recovered. */
function show(
	state: SocketState,
	driver: Driver | undefined,
	{ clock }: SocketSetup["runtime"],
): ConnectionState {
	const offsetMs = Math.round(clock.now() - clock.monotonic());
	switch (state.status) {
		case "connecting":
		case "reconnecting":
			return project(state, { offsetMs, recovered: false, latencyMs: null });
		case "open": {
			const { url, role = "primary" } = state.link.endpoint;
			return {
				status: "connected",
				endpoint: url,
				role,
				since: state.since + offsetMs,
				recovered: false,
				latencyMs: driver?.latencyMs ?? null,
			};
		}
		case "closing":
			return { status: "closed" };
		case "closed":
			return state.cause ? { status: "failed", cause: state.cause } : { status: "closed" };
		default:
			return state satisfies never;
	}
}

/**
 * A WebSocket that reconnects by itself, for code that uses WebSocket directly. It is CONNECTING while it
 * retries, keeps what is sent meanwhile (bounded, in order), tells `open` for each link, and `close` once,
 * when it is final. Several URLs are in order of preference; a function is asked before each dial. What was
 * handed to a link that died may be lost: without a protocol of its own nobody can tell.
 *
 * @throws DOMException `SyntaxError`, as of any WebSocket
 * @throws RealtimeError `invalid-option`
 */
export const ResilientWebSocket = /* @__PURE__ */ present(
	ResilientSocket,
	"ResilientWebSocket",
) as {
	new (
		url: string | URL | readonly string[] | (() => Promise<string>),
		protocols?: string | string[],
		options?: ResilientOptions,
	): ResilientWebSocket;
} & typeof WebSocket;

/**
 * Reconnects by itself, for code that uses WebSocket directly: CONNECTING while it retries, CLOSED only
 * when final. `open` is told for each link, `close` once.
 */
export interface ResilientWebSocket extends WebSocket {
	/**
	 * What it does now. `connected` means that the transport is open: a server that is not ours has no
	 * `welcome`.
	 */
	readonly connection: Readable<ConnectionState>;
	/**
	 * Hangs up and dials afresh, never ahead of a server's pushback. Throws a `RealtimeError` with
	 * `closed` once it is closing or closed.
	 */
	reconnect(reason?: string): void;
}
