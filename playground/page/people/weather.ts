/*
 * The network and the machine of one person of this page, so that she can go offline or sleep while the other
 * does not: what her client has of the world (a `Runtime`), with a switch.
 *
 *    fair ── offline ──▶ offline: links are silent and dead, dials and requests fail
 *      ◀──── fair ─────╯
 *    fair ── asleep ──▶ asleep: the same, and no timer runs; at the end all that were due do, late
 */
import type { Clock, Lifecycle, LifecycleState, Runtime, WebSocketConstructor } from "holdfast";
import { Store } from "../app/store.js";
import { WeatherSocket } from "./weather-socket.js";

/** As the library has it: browsers before 2025 lack the symbol. */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

export type Sky = "fair" | "offline" | "asleep";

export class Weather {
	readonly sky = new Store<Sky>("fair");
	readonly runtime: Pick<Runtime, "WebSocket" | "fetch" | "lifecycle" | "clock">;
	readonly #sockets = new Set<WeatherSocket>();
	readonly #wakes = new Set<(reason: string) => void>();
	readonly #due: (() => void)[] = [];

	constructor() {
		this.runtime = {
			WebSocket: this.#webSocket(),
			fetch: (...asked) => this.#fetch(...asked),
			lifecycle: this.#lifecycle(),
			clock: this.#clock(),
		};
	}

	turn(sky: Sky): void {
		const before = this.sky.get();
		if (sky === before) return;
		this.sky.set(sky);
		if (sky !== "fair") {
			for (const socket of this.#sockets) socket.cut();
			this.#sockets.clear();
		}
		if (sky === "offline") this.#wake("offline");
		if (sky !== "fair") return;
		for (const run of this.#due.splice(0)) run();
		this.#wake(before === "asleep" ? "resume" : "online");
	}

	#wake(reason: string): void {
		for (const listener of this.#wakes) listener(reason);
	}

	#webSocket(): WebSocketConstructor {
		const weather = this;
		return class extends WeatherSocket {
			constructor(url: string, protocols?: string | string[]) {
				const isFair = weather.sky.get() === "fair";
				super(isFair ? new WebSocket(url, protocols) : null);
				if (isFair) weather.#sockets.add(this);
			}
		};
	}

	async #fetch(...asked: Parameters<typeof fetch>): Promise<Response> {
		if (this.sky.get() !== "fair") throw new TypeError("This person has no network.");
		const answer = await fetch(...asked);
		if (this.sky.get() !== "fair") throw new TypeError("This person has no network any more.");
		return answer;
	}

	#clock(): Clock {
		const clock: Clock = {
			now: () => Date.now(),
			monotonic: () => performance.now(),
			setTimeout: (run, ms) => {
				let isOver = false;
				const fire = (): void => {
					if (isOver) return;
					if (this.sky.get() === "asleep") this.#due.push(fire);
					else run();
				};
				const timer = setTimeout(fire, Math.max(0, ms));
				const dispose = (): void => {
					isOver = true;
					clearTimeout(timer);
				};
				return { [DISPOSE]: dispose };
			},
			sleep: (ms, signal) =>
				new Promise((resolve, reject) => {
					if (signal?.aborted) return reject(signal.reason);
					clock.setTimeout(() => resolve(), ms, "sleep");
					signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
				}),
		};
		return clock;
	}

	#lifecycle(): Lifecycle {
		let shown: LifecycleState = { online: true, visible: true, frozen: false };
		const get = (): LifecycleState => {
			const sky = this.sky.get();
			const online = navigator.onLine && sky !== "offline";
			const visible = document.visibilityState !== "hidden";
			const frozen = sky === "asleep";
			if (online !== shown.online || visible !== shown.visible || frozen !== shown.frozen)
				shown = { online, visible, frozen };
			return shown;
		};
		return {
			get,
			subscribe: (listener) => {
				let before = get();
				const look = (): void => {
					const now = get();
					if (now !== before) listener(now, before);
					before = now;
				};
				const leave = this.sky.subscribe(look);
				for (const [target, type] of NEWS) target.addEventListener(type, look);
				return () => {
					leave();
					for (const [target, type] of NEWS) target.removeEventListener(type, look);
				};
			},
			onWake: (listener) => {
				const visible = (): void => {
					if (document.visibilityState !== "hidden") listener("visible");
				};
				const online = (): void => listener("online");
				this.#wakes.add(listener);
				document.addEventListener("visibilitychange", visible);
				addEventListener("online", online);
				return () => {
					this.#wakes.delete(listener);
					document.removeEventListener("visibilitychange", visible);
					removeEventListener("online", online);
				};
			},
		};
	}
}

const NEWS: readonly (readonly [EventTarget, string])[] = [
	[window, "online"],
	[window, "offline"],
	[document, "visibilitychange"],
];
