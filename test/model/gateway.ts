/* A gateway: the shipped server half, and the log as it sees it. */
import type { RealtimeServer } from "../../src/server/contract.js";
import { createServer } from "../../src/server/create-server.js";
import type { MemoryLog } from "../../src/server/memory-log.js";
import type { MessageLog } from "../../src/server/contract.js";
import type { ModelClock } from "./clock.js";
import type { Scenario } from "./scenario.js";

/** A call of the log that has not been completed. */
interface Call {
	readonly words: string;
	readonly run: () => void;
}

/** What may go wrong with one call of the log, and when it is completed. */
export class GatedLog {
	calls: readonly Call[] = [];
	/** Appends and reads fail. */
	isBusy = false;
	/** What was answered, and who goes on from there still remembers. */
	answers: readonly string[] = [];
	readonly #isStepwise: boolean;
	/** Tells two calls of a kind apart, and so who waits for which. */
	#made = 0;

	/** A request's results come together, at its end. */
	readonly #remembered: ReadonlySet<string>;

	constructor({ log, posts }: Scenario) {
		this.#isStepwise = log === "steps";
		this.#remembered = new Set(posts > 0 ? ["head", "append", "lookup"] : ["head"]);
	}

	over(log: MemoryLog): MessageLog {
		const call =
			<A extends unknown[], R>(name: string, run: (...args: A) => Promise<R>) =>
			(...args: A): Promise<R> =>
				this.#call(name, args, () => run.apply(log, args));
		return {
			retain: log.retain,
			append: call("append", log.append),
			lookup: call("lookup", log.lookup),
			broadcast: call("broadcast", log.broadcast),
			read: call("read", log.read),
			before: call("before", log.before),
			head: call("head", log.head),
			follow: call("follow", log.follow),
			[Symbol.asyncDispose]: async () => undefined,
		};
	}

	complete(words: string): void {
		const call = this.calls.find((other) => other.words === words);
		this.calls = this.calls.filter((other) => other !== call);
		call?.run();
	}

	/** Nothing is under way any more, so nobody remembers an answer that has changed nothing else. */
	forget(): void {
		if (this.calls.length === 0) this.answers = [];
	}

	#call<R>(name: string, args: readonly unknown[], run: () => Promise<R>): Promise<R> {
		if (this.isBusy && (name === "append" || name === "head"))
			return Promise.reject(new Error("busy"));
		if (!this.#isStepwise) return run();
		return new Promise((resolve, reject) => {
			const last = args.at(-1);
			const detail = JSON.stringify(typeof last === "function" ? [] : args);
			this.#made += 1;
			const answer = (result: R): void => {
				const text = `${words} ${JSON.stringify(result)}`;
				if (this.#remembered.has(name)) this.answers = [...this.answers, text];
				resolve(result);
			};
			const words = `${name}#${this.#made} ${detail}`;
			const complete = (): void => void run().then(answer, reject);
			this.calls = [...this.calls, { words, run: complete }];
		});
	}
}

/** Far longer than any wait for a retry, far shorter than what a log remembers. */
export const BEAT_MS = 1e6;

export interface Gateway {
	readonly server: RealtimeServer<null>;
	readonly log: GatedLog;
}

/** As the application has it, for both gateways. */
export interface Permissions {
	mayPublish: boolean;
	mayListen: boolean;
}

export function openGateway(
	world: { readonly log: MemoryLog; readonly clock: ModelClock; readonly rights: Permissions },
	scenario: Scenario,
): Gateway {
	const { log, clock, rights } = world;
	const gated = new GatedLog(scenario);
	const server = createServer<null>({
		authorize: ({ token }) => ({ id: token ?? "nobody" }),
		canPublish: () => rights.mayPublish,
		canSubscribe: () => rights.mayListen,
		log: gated.over(log),
		heartbeatMs: BEAT_MS,
		// Silence kills no link here: a cut is an event of its own.
		heartbeatTimeoutMs: 1e12,
		runtime: { clock, random: () => 0.5 },
	});
	return { server, log: gated };
}
