import { DISPOSE, dispose } from "../reactive/disposable.js";
import type { Clock } from "../runtime/runtime.js";

/** How long a byte takes over a lane at the moment, and how many pass a millisecond. */
export interface Weather {
	/** Of one transit, one way, jitter drawn. */
	delayMs(): number;
	/** The device is offline: nothing passes on any lane. */
	isOffline(): boolean;
	/** What a kernel takes off a program's hands; what waits beyond it shows as `bufferedAmount`. */
	readonly kernelBytes: number;
}

/** As long as a kernel goes on resending before it gives the connection up. */
const GIVE_UP_MS = 30_000;

/** One direction between a device and a host. Stalled, it keeps what it carries; TCP resends it later. */
export class Lane {
	readonly clock: Clock;
	readonly #weather: Weather;
	/** Pipes whose first parcel is due and cannot pass. */
	#parked: Pipe[] = [];
	#stalls = 0;
	bytesPerMs = Number.POSITIVE_INFINITY;

	constructor(clock: Clock, weather: Weather) {
		this.clock = clock;
		this.#weather = weather;
	}

	get isStalled(): boolean {
		return this.#stalls > 0 || this.#weather.isOffline();
	}

	get kernelBytes(): number {
		return this.#weather.kernelBytes;
	}

	delayMs(): number {
		return this.#weather.delayMs();
	}

	stall(): Disposable {
		this.#stalls++;
		let isHeld = true;
		return {
			[DISPOSE]: () => {
				if (!isHeld) return;
				isHeld = false;
				this.#stalls--;
				this.resume();
			},
		};
	}

	resume(): void {
		if (this.isStalled) return;
		const parked = this.#parked;
		this.#parked = [];
		for (const pipe of parked) pipe.resume();
	}

	park(pipe: Pipe): void {
		this.#parked.push(pipe);
	}
}

interface Parcel {
	at: number;
	readonly sentAt: number;
	readonly bytes: number;
	readonly arrive: () => void;
}

/** One direction of one connection: what goes in comes out in order, later, or never. */
export class Pipe {
	readonly #lane: Lane;
	readonly #onGivenUp: () => void;
	#parcels: Parcel[] = [];
	#timer: Disposable | null = null;
	/** The sender's line is busy until then. */
	#freeAt = 0;
	/** Nothing overtakes, whatever the jitter. */
	#lastAt = 0;
	#inFlight = 0;
	#isClosed = false;

	/** `onGivenUp`: the lane was stalled for so long that a kernel would have ended the connection. */
	constructor(lane: Lane, onGivenUp: () => void) {
		this.#lane = lane;
		this.#onGivenUp = onGivenUp;
	}

	/** Bytes that the sender's kernel has not taken yet: they wait for earlier ones to arrive. */
	get buffered(): number {
		return Math.max(0, this.#inFlight - this.#lane.kernelBytes);
	}

	send(bytes: number, arrive: () => void): void {
		if (this.#isClosed) return;
		const sentAt = this.#lane.clock.monotonic();
		this.#freeAt = Math.max(sentAt, this.#freeAt) + bytes / this.#lane.bytesPerMs;
		this.#lastAt = Math.max(this.#freeAt + this.#lane.delayMs(), this.#lastAt);
		this.#inFlight += bytes;
		this.#parcels.push({ at: this.#lastAt, sentAt, bytes, arrive });
		if (this.#parcels.length === 1) this.#arm();
	}

	/** The last one to be sent: the pipe takes nothing more, what it carries still arrives. */
	sendLast(arrive: () => void): void {
		this.send(0, arrive);
		this.#isClosed = true;
	}

	/** All that is under way is lost; `notice`, if given, arrives in its place. */
	cut(notice?: () => void): void {
		this.#disarm();
		this.#parcels = [];
		this.#inFlight = 0;
		this.#isClosed = notice === undefined;
		this.#lastAt = 0;
		this.#freeAt = 0;
		if (notice) this.sendLast(notice);
	}

	/** The lane is passable again: what waited goes on, unless it waited for too long. */
	resume(): void {
		const first = this.#parcels[0];
		if (first === undefined || this.#timer !== null) return;
		const now = this.#lane.clock.monotonic();
		if (now - first.sentAt > GIVE_UP_MS) {
			this.#onGivenUp();
			return;
		}
		first.at = Math.max(first.at, now + this.#lane.delayMs());
		this.#lastAt = Math.max(this.#lastAt, first.at);
		this.#arm();
	}

	#arm(): void {
		const first = this.#parcels[0];
		if (first === undefined) return;
		const waitMs = first.at - this.#lane.clock.monotonic();
		this.#timer = this.#lane.clock.setTimeout(() => this.#arrive(), waitMs, "network");
	}

	#disarm(): void {
		dispose(this.#timer);
		this.#timer = null;
	}

	#arrive(): void {
		this.#timer = null;
		if (this.#lane.isStalled) return this.#lane.park(this);
		const parcel = this.#parcels.shift() as Parcel;
		this.#inFlight -= parcel.bytes;
		this.#arm();
		parcel.arrive();
	}
}
