/* The shell around what is known of a name: asks, waits, keeps time; answers.ts decides. */
import {
	failed,
	isFresh,
	isUsable,
	type KnownName,
	mayAsk,
	resolved,
	snapshot,
	unknownName,
	unresolved,
} from "../endpoint/answers.js";
import type { DnsAnswer, DnsSnapshot } from "../endpoint/dns-answer.js";
import { withFreshLabel } from "../endpoint/fresh-label.js";
import { inOrder } from "../endpoint/picking.js";
import { followed, mayFollow } from "../endpoint/steadiness.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { disposable, dispose } from "../reactive/disposable.js";
import { Cell, type Report } from "../reactive/readable.js";
import { withDeadline } from "../runtime/deadline.js";
import type { DnsResolver, Runtime } from "../runtime/runtime.js";

export interface TrackerOptions {
	readonly hostname: string;
	readonly resolver: DnsResolver;
	readonly staleForMs: number;
	readonly runtime: Pick<Runtime, "clock" | "random">;
	readonly report: Report;
}

/** RFC 8767 has one to three days. */
export const STALE_FOR_MS = 86_400_000;
/** Of one question, its second try included: what takes longer is late for any dial. */
const ANSWER_MS = 3_000;
/** RFC 8767, 5: how long a dial waits for new answers where it has old ones. */
const STALE_AFTER_MS = 1_800;

export class Tracker {
	readonly #options: TrackerOptions;
	readonly #cell: Cell<DnsSnapshot>;
	#known: KnownName = unknownName;
	#asking: Promise<KnownName> | null = null;
	#question = new AbortController();
	#isStopped = false;
	#timer: Disposable | null = null;
	/** Those who want fresh answers without asking for them. */
	#holders = 0;

	constructor(options: TrackerOptions) {
		this.#options = options;
		this.#cell = new Cell(this.#snapshot(), options.report);
	}

	/** In step with the clock; the same object for as long as it says the same. */
	get(): DnsSnapshot {
		this.#show();
		return this.#cell.get();
	}

	subscribe(listener: (value: DnsSnapshot, previous: DnsSnapshot) => void): () => void {
		return this.#cell.subscribe(listener);
	}

	/** In the order in which to dial them; none that is older than a stale answer may be. */
	order(): readonly DnsAnswer[] {
		const { random } = this.#options.runtime;
		if (!isUsable(this.#known, this.#now)) return [];
		return inOrder(this.#known, { now: this.#now, random });
	}

	/** The same, refreshed before if it has expired. Rejects only where there is nothing, not even old. */
	async ready(signal: AbortSignal): Promise<readonly DnsAnswer[]> {
		const now = this.#now;
		if (!isFresh(this.#known, now) && mayAsk(this.#known, now)) await this.#renew(signal);
		const order = this.order();
		if (order.length > 0) return order;
		throw this.#known.cause ?? new RealtimeError("dns-unavailable", "no address");
	}

	failed(address: string): void {
		this.#set(failed(this.#known, address, this.#now));
	}

	/** Whether whoever is connected to this address should follow the name; asked again, it says no. */
	follows(address: string): boolean {
		if (!mayFollow(this.#known.habit, address, this.#now)) return false;
		const habit = followed(this.#known.habit, this.#now);
		this.#known = { ...this.#known, habit };
		return true;
	}

	/** Asks now, unless a question is under way: then its answer is waited for. */
	async refresh(signal?: AbortSignal): Promise<DnsSnapshot> {
		const known = await unlessAborted(this.#ask(), signal);
		if (known.cause !== null) throw known.cause;
		return this.get();
	}

	/** Keeps the answers fresh until disposed. */
	hold(): Disposable {
		this.#holders += 1;
		this.#arm();
		let isHeld = true;
		return disposable(() => {
			if (isHeld) this.#holders -= 1;
			isHeld = false;
			this.#arm();
		});
	}

	/** Gives up the question that is under way: nobody waits for it any more. */
	rest(): void {
		this.#question.abort(new RealtimeError("closed", "Nobody asks any more."));
	}

	stop(): void {
		this.#holders = 0;
		this.#isStopped = true;
		this.rest();
		this.#arm();
	}

	get #now(): number {
		return this.#options.runtime.clock.monotonic();
	}

	/** With old answers at hand there is no waiting for long; without, as long as it takes. */
	async #renew(signal: AbortSignal): Promise<void> {
		const asked = this.#ask();
		if (!isUsable(this.#known, this.#now)) return void (await unlessAborted(asked, signal));
		const { clock } = this.#options.runtime;
		const rest = new AbortController();
		const waited = clock.sleep(STALE_AFTER_MS, rest.signal).catch(() => undefined);
		await unlessAborted(Promise.race([asked, waited]), signal).finally(() => rest.abort());
	}

	/** Never rejects: why there is no answer is known then. */
	#ask(): Promise<KnownName> {
		this.#asking ??= this.#putQuestion().finally(() => {
			this.#asking = null;
			this.#arm();
		});
		return this.#asking;
	}

	async #putQuestion(): Promise<KnownName> {
		const { hostname, resolver, staleForMs, runtime } = this.#options;
		const { clock, random } = runtime;
		const name = withFreshLabel(hostname, random);
		const run = (signal: AbortSignal) => resolver.resolve(name, { signal });
		this.#question = new AbortController();
		const { signal } = this.#question;
		try {
			const given = await withDeadline(run, { clock, ms: ANSWER_MS, label: "dns", signal });
			const next = resolved(this.#known, given, staleForMs, this.#now);
			if (next === null) throw new RealtimeError("dns-unavailable", `${hostname}: no address`);
			this.#set(next);
		} catch (reason) {
			// A timeout is the resolver's here, not the endpoint's.
			const cause = RealtimeError.from(reason, "dns-unavailable");
			if (signal.aborted) return { ...this.#known, cause };
			const isOurs = cause.code === "dns-unavailable";
			const told = isOurs ? cause : new RealtimeError("dns-unavailable", cause.message, { cause });
			this.#set(unresolved(this.#known, told, this.#now));
		}
		return this.#known;
	}

	#set(known: KnownName): void {
		if (known === this.#known) return;
		this.#known = known;
		this.#show();
		this.#arm();
	}

	#arm(): void {
		dispose(this.#timer);
		this.#timer = null;
		if (this.#holders === 0 || this.#asking !== null || this.#isStopped) return;
		const waitMs = Math.max(this.#known.refreshAt - this.#now, 0);
		const ask = (): void => void this.#ask();
		this.#timer = this.#options.runtime.clock.setTimeout(ask, waitMs, "dns-refresh");
	}

	#show(): void {
		const next = this.#snapshot();
		if (!isSame(this.#cell.get(), next)) this.#cell.set(next);
	}

	#snapshot(): DnsSnapshot {
		const { clock } = this.#options.runtime;
		return snapshot(this.#known, this.#now, clock.now() - this.#now);
	}
}

/** The wait ends with the caller's signal; the question itself goes on for others. */
function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
	if (signal === undefined) return work;
	return new Promise((resolve, reject) => {
		if (signal.aborted) return reject(signal.reason);
		const abort = (): void => reject(signal.reason);
		signal.addEventListener("abort", abort);
		work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
	});
}

/** Two clocks' ticks may differ by a millisecond or two: that is no news. */
const CLOCK_STEP_MS = 100;

function isSame(a: DnsSnapshot, b: DnsSnapshot): boolean {
	return (
		a.answers === b.answers &&
		a.stale === b.stale &&
		Math.abs(a.expiresAt - b.expiresAt) < CLOCK_STEP_MS &&
		a.quarantined.length === b.quarantined.length &&
		a.quarantined.every(
			({ address, until }, at) =>
				b.quarantined[at]?.address === address &&
				Math.abs(b.quarantined[at].until - until) < CLOCK_STEP_MS,
		)
	);
}
