/* What this tab is among the others: a hub while it leads, a seat while it follows, both while that changes. */
import { RealtimeError } from "../errors/realtime-error.js";
import { dispose } from "../reactive/disposable.js";
import type { AloneReason, Parcel, TabId } from "../share/contract.js";
import { Hub } from "./share-hub.js";
import { Seat, type SeatFacts } from "./share-seat.js";
import type { Shell } from "./shell.js";

/** For how long what is open carries on beside what takes its place. */
const GRACE_MS = 1_000;

export class Roles {
	hub: Hub | null = null;
	seat: Seat | null = null;
	/** The app's own holds, whichever tab's client keeps the mode. */
	readonly holds: string[] = [];
	isAlone = false;
	readonly #shell: Shell;
	readonly #facts: SeatFacts;
	#grace: Disposable | null = null;
	#paused: { readonly link: number; readonly dedupeMs: number } | null = null;
	/** It has been part of the group: what is lost now was there before. */
	#hasShared = false;

	constructor(shell: Shell, facts: SeatFacts) {
		this.#shell = shell;
		this.#facts = facts;
	}

	/** Beside the leader: the same as leading, but that nobody is served yet. */
	dial(): void {
		this.#endGrace();
		this.hub ??= new Hub(this.#shell, (parcel: Parcel) => this.#facts.post(parcel));
		this.#shell.subscriptions.tap = this.hub.lines;
		this.#shell.connection.send({ type: "connect-requested" });
	}

	hangUp(): void {
		this.#endGrace();
		this.#shell.connection.send({ type: "close-requested" });
		this.#endHub();
	}

	lead(term: number): void {
		const { shown, sharing, connection, mode, publisher } = this.#shell;
		const was = shown.connection.get();
		const isLost = connection.state.status !== "connected" && was.status === "connected";
		const isSame = this.#hasShared && (was.status === "connected" || was.status === "reconnecting");
		this.#hasShared = true;
		this.seat?.retire();
		this.dial();
		// To the app it is one connection, whichever tab holds it.
		if (!isSame) shown.mirror(null);
		else if (isLost) this.#showLoss();
		this.hub?.serve(term);
		publisher.inheritOthers();
		sharing.set({ role: "leader" });
		for (const reason of this.holds) mode.send({ type: "held", reason });
		this.showOwn();
	}

	#showLoss(): void {
		const { shown, runtime } = this.#shell;
		const cause = new RealtimeError("connection-lost", "The tab that held the connection is gone.");
		const since = runtime.clock.now();
		const lost = { status: "reconnecting", attempt: 0, since, retryAt: null, cause } as const;
		shown.mirror({ connection: lost, mode: { mode: "normal" } });
	}

	/** While we lead: our own connection is what is shown, once it has something to say. */
	showOwn(): void {
		const { status } = this.#shell.connection.state;
		if (status === "connected" || status === "failed" || status === "reconnecting")
			this.#shell.shown.mirror(null);
	}

	follow(leader: TabId): void {
		this.#hasShared = true;
		this.seat ??= new Seat(this.#shell, this.#facts);
		this.seat.follow(leader, this.holds);
		this.#shell.sharing.set({ role: "follower" });
	}

	/** Nothing more is published by our own links, and other tabs' publishes are another leader's. */
	stepDown(how: "grace" | "at once"): void {
		const { shown, publisher, mode, runtime, sharing } = this.#shell;
		shown.mirror({ connection: shown.connection.get(), mode: shown.mode.get() });
		sharing.set({ role: "joining" });
		this.#paused = null;
		publisher.disown();
		if (publisher.route !== null) publisher.routeClosed(publisher.route.link);
		for (const reason of this.holds) mode.send({ type: "released", reason });
		if (how === "at once") return this.hangUp();
		this.hub?.stopServing();
		this.#grace = runtime.clock.setTimeout(() => this.hangUp(), GRACE_MS, "share-grace");
	}

	/** The outbox sends nothing, and nothing that it sent before counts as lost. */
	pause(): void {
		const { publisher } = this.#shell;
		if (publisher.route === null) return;
		this.#paused = { link: publisher.route.link, dedupeMs: publisher.dedupeMs };
		publisher.routeClosed(publisher.route.link);
	}

	resume(): void {
		const paused = this.#paused;
		this.#paused = null;
		const { links, publisher } = this.#shell;
		if (paused === null || publisher.route !== null || links.live?.dialId !== paused.link) return;
		publisher.routeOpened({ link: paused.link, via: "websocket" }, paused.dedupeMs);
	}

	standAlone(reason: AloneReason): void {
		const { runtime, sharing, shown, connection, mode } = this.#shell;
		runtime.logger.warn("share-alone", { reason });
		this.isAlone = true;
		this.end();
		sharing.set({ role: "alone", reason });
		connection.send({ type: "connect-requested" });
		shown.mirror(null);
		for (const held of this.holds) mode.send({ type: "held", reason: held });
	}

	/** The app has closed: what others need goes on. */
	silence(): void {
		this.hub?.silenceOwn();
		this.seat?.end();
	}

	end(): void {
		this.#endGrace();
		this.seat?.end();
		this.seat = null;
		this.#endHub();
	}

	#endHub(): void {
		this.hub?.end();
		this.hub = null;
		this.#shell.subscriptions.tap = null;
	}

	#endGrace(): void {
		dispose(this.#grace);
		this.#grace = null;
	}
}
