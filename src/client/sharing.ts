/*
 * One connection for all tabs of a browser: obeys the election, and is a hub while this tab leads, a seat
 * at another's while it follows. Loaded when `share` is "browser", and only then.
 *
 *   follower: channels, outbox ─▶ seat ═ BroadcastChannel ═▶ hub ─▶ channels' asks, the outbox :leader
 */
import type { LinkId } from "../channels/contract.js";
import { RealtimeError } from "../errors/realtime-error.js";
import type { SubscribeFrame, UnsubscribeFrame } from "../protocol/frames.js";
import { dispose } from "../reactive/disposable.js";
import type { Unsubscribe } from "../reactive/readable.js";
import type { Lifecycle, TabChannel, Tabs } from "../runtime/runtime.js";
import type {
	AloneReason,
	ElectionEffect,
	ElectionInput,
	Parcel,
	Signal,
	TabId,
	TabMessage,
} from "../share/contract.js";
import * as election from "../share/election.js";
import { groupName, groupText } from "../share/group.js";
import { readMessage } from "../share/messages.js";
import { type Definition, Machine } from "./machine.js";
import type { SendOrder } from "./publisher.js";
import { FILTERS } from "./settings.js";
import { Hub } from "./share-hub.js";
import { Seat } from "./share-seat.js";
import type { ShareKeeping, Shell } from "./shell.js";
import type { ChannelFrame, LinkTap } from "./subscriptions.js";
import { NAME, VERSION } from "./version.js";

/** For how long what is open carries on beside what takes its place. */
const GRACE_MS = 1_000;

type Election = Machine<election.ElectionState, ElectionInput, ElectionEffect, Sharing>;

const ELECTION: Definition<Sharing, election.ElectionState, ElectionInput, ElectionEffect> = {
	name: "share",
	transition: (state, input, moment, { self }) => election.transition(state, input, self, moment),
	dueAt: election.dueAt,
	perform: (sharing, effect) => sharing.perform(effect),
	changed: () => undefined,
};

type Orders = {
	readonly [T in ElectionEffect["type"]]: (
		sharing: Sharing,
		order: Extract<ElectionEffect, { type: T }>,
	) => void;
};

const ORDERS: Orders = {
	"queue-for-lock": (sharing) => sharing.request("queue"),
	"steal-lock": (sharing) => sharing.request("steal"),
	"drop-lock": (sharing) => sharing.dropLock(),
	say: (sharing, { signal }) => sharing.post(signal),
	"dial-beside": (sharing) => sharing.dial(),
	"give-up-dial": (sharing) => sharing.hangUp(),
	lead: (sharing) => sharing.lead(),
	follow: (sharing, { leader }) => sharing.follow(leader),
	"step-down": (sharing, { inGrace }) => sharing.stepDown(inGrace ? "grace" : "at once"),
	pause: (sharing) => sharing.pause(),
	resume: (sharing) => sharing.resume(),
	forget: (sharing, { tab }) => sharing.hub?.forget(tab),
	"stand-alone": (sharing, { reason }) => sharing.standAlone(reason),
	leave: (sharing) => sharing.leave(),
};

export class Sharing implements ShareKeeping {
	readonly self: TabId;
	hub: Hub | null = null;
	readonly #shell: Shell;
	readonly #tabs: Tabs | null;
	readonly #machine: Election;
	readonly #holds: string[] = [];
	#seat: Seat | null = null;
	#bus: TabChannel | null = null;
	#name = "";
	#wish: AbortController | null = null;
	#lock: Disposable | null = null;
	#grace: Disposable | null = null;
	#paused: { readonly link: LinkId; readonly dedupeMs: number } | null = null;
	#phase: "new" | "joining" | "open" | "over" = "new";
	/** It has been part of the group: what is lost now was there before. */
	#hasShared = false;
	#isAlone = false;
	#left: (() => void) | null = null;
	#watched: readonly Unsubscribe[] = [];

	constructor(shell: Shell) {
		const { clock, random, lifecycle, tabs = null } = shell.runtime;
		const report = (reason: unknown): void => shell.report(reason);
		this.#shell = shell;
		this.#tabs = tabs;
		this.self = shell.publisher.newId();
		this.#machine = new Machine(election.initialElection(lifecycle.get()), ELECTION, this, {
			clock,
			random,
			report,
		});
	}

	get #state(): election.ElectionState {
		return this.#machine.state;
	}

	start(): void {
		if (this.#phase === "new") {
			this.#phase = "joining";
			if (this.#tabs === null) return this.standAlone("unavailable");
			this.#shell.sharing.set({ role: "joining" });
			this.#join(this.#tabs).catch(() => this.#phase === "joining" && this.standAlone("identity"));
			return;
		}
		const { status } = this.#shell.shown.connection.get();
		if (this.#state.status === "following") {
			if (status === "failed" || status === "closed") this.#seat?.call("connect", "asked");
		} else if (this.#state.status === "leading" || this.#isAlone)
			this.#shell.connection.send({ type: "connect-requested" });
	}

	async #join(tabs: Tabs): Promise<void> {
		const name = groupName(await tabs.digest(await this.#group(tabs)));
		if (this.#phase !== "joining") return;
		this.#phase = "open";
		this.#name = name;
		this.#bus = tabs.open(name, (data) => this.#hear(data));
		this.#watched = this.#watch(this.#shell.runtime.lifecycle);
		this.#machine.send({ type: "opened" });
	}

	async #group(tabs: Tabs): Promise<string> {
		const { settings, token } = this.#shell;
		const { endpoints, api, filters, reconnect, heartbeat, degraded, outbox } = settings;
		// The app says who it is, or else the token does: it may differ for one user, never agree for two.
		const isVouched = Boolean(outbox.namespace);
		const known = isVouched ? null : await token.get(null);
		return groupText({
			version: `${NAME} ${VERSION}`,
			endpoints,
			api,
			filters: filters === FILTERS ? [] : filters.map(String),
			policies: [reconnect, heartbeat, degraded, outbox],
			tokenDigest: known === null ? null : await tabs.digest(known),
		});
	}

	#watch(lifecycle: Lifecycle): readonly Unsubscribe[] {
		return [
			lifecycle.subscribe(({ visible, frozen }, previous) => {
				this.#machine.send({ type: "looked", visible });
				if (frozen !== previous.frozen) this.#machine.send({ type: frozen ? "frozen" : "thawed" });
			}),
		];
	}

	stop(): Promise<void> {
		const isOpen = this.#phase === "open";
		this.#phase = "over";
		this.hub?.silenceOwn();
		this.#seat?.end();
		if (!isOpen) return Promise.resolve();
		return new Promise((resolve) => {
			this.#left = resolve;
			this.#machine.send({ type: "leave-requested" });
		});
	}

	// ── orders of the election ───────────────────────────────────────────────────────────────────
	perform(effect: ElectionEffect): void {
		ORDERS[effect.type](this, effect as never);
	}

	request(how: "queue" | "steal"): void {
		this.dropLock();
		const wish = new AbortController();
		this.#wish = wish;
		const isOurs = (): boolean => this.#wish === wish;
		const lost = (): void => {
			if (!isOurs()) return;
			this.#lock = null;
			this.#machine.send({ type: "taken" });
		};
		this.#tabs?.lock(this.#name, { how, signal: wish.signal, lost }).then(
			(lock) => {
				if (!isOurs()) return dispose(lock);
				this.#lock = lock;
				this.#machine.send({ type: "granted" });
			},
			() => isOurs() && this.#machine.send({ type: "refused" }),
		);
	}

	dropLock(): void {
		const wish = this.#wish;
		this.#wish = null;
		wish?.abort(new RealtimeError("closed", "Not waiting any more."));
		dispose(this.#lock);
		this.#lock = null;
	}

	post(message: Signal | Parcel): void {
		this.#bus?.post({ from: this.self, ...message } satisfies TabMessage);
	}

	/** Beside the leader: the same as leading, but that nobody is served yet. */
	dial(): void {
		this.#endGrace();
		this.hub ??= new Hub(this.#shell, (parcel) => this.post(parcel));
		this.#shell.subscriptions.tap = this;
		this.#shell.connection.send({ type: "connect-requested" });
	}

	hangUp(): void {
		this.#endGrace();
		this.#shell.connection.send({ type: "close-requested" });
		this.hub?.end();
		this.hub = null;
		this.#shell.subscriptions.tap = null;
	}

	lead(): void {
		const { shown, sharing, connection } = this.#shell;
		const was = shown.connection.get();
		const isLost = connection.state.status !== "connected" && was.status === "connected";
		const isSame = this.#hasShared && (was.status === "connected" || was.status === "reconnecting");
		this.#hasShared = true;
		this.#seat?.retire();
		this.dial();
		// To the app it is one connection, whichever tab holds it.
		if (!isSame) shown.mirror(null);
		else if (isLost) this.#showLoss();
		this.hub?.serve(this.#state.term);
		this.#shell.publisher.inheritOthers();
		sharing.set({ role: "leader" });
		for (const reason of this.#holds) this.#shell.mode.send({ type: "held", reason });
		this.connectionChanged();
	}

	#showLoss(): void {
		const { shown, runtime } = this.#shell;
		const cause = new RealtimeError("connection-lost", "The tab that held the connection is gone.");
		const since = runtime.clock.now();
		const lost = { status: "reconnecting", attempt: 0, since, retryAt: null, cause } as const;
		shown.mirror({ connection: lost, mode: { mode: "normal" } });
	}

	follow(leader: TabId): void {
		this.#hasShared = true;
		this.#seat ??= new Seat(this.#shell, {
			post: (parcel) => this.post(parcel),
			bar: (reason) => this.#machine.send({ type: "barred", reason }),
		});
		this.#seat.follow(leader, this.#holds);
		this.#shell.sharing.set({ role: "follower" });
	}

	stepDown(how: "grace" | "at once"): void {
		const { shown, publisher, mode, runtime, sharing } = this.#shell;
		const connection = shown.connection.get();
		shown.mirror({ connection, mode: shown.mode.get() });
		sharing.set({ role: "joining" });
		this.#paused = null;
		publisher.disown();
		if (publisher.route !== null) publisher.routeClosed(publisher.route.link);
		for (const reason of this.#holds) mode.send({ type: "released", reason });
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
		this.#isAlone = true;
		this.#seat?.end();
		this.#seat = null;
		this.hub?.end();
		this.hub = null;
		this.#shell.subscriptions.tap = null;
		this.#endBus();
		sharing.set({ role: "alone", reason });
		connection.send({ type: "connect-requested" });
		shown.mirror(null);
		for (const held of this.#holds) mode.send({ type: "held", reason: held });
	}

	leave(): void {
		this.#endGrace();
		this.#seat?.end();
		this.hub?.end();
		this.hub = null;
		this.#shell.subscriptions.tap = null;
		this.dropLock();
		this.#endBus();
		this.#machine.stop();
		this.#left?.();
	}

	#endGrace(): void {
		dispose(this.#grace);
		this.#grace = null;
	}

	#endBus(): void {
		for (const unwatch of this.#watched) unwatch();
		this.#watched = [];
		dispose(this.#bus);
		this.#bus = null;
	}

	// ── what others say ──────────────────────────────────────────────────────────────────────────
	#hear(data: unknown): void {
		const message = readMessage(data);
		if (message === null || message.from === this.self) return;
		const { from } = message;
		const state = this.#state;
		switch (message.type) {
			case "view":
				if (message.to !== null && message.to !== this.self) return;
				if (isLedBy(state, from)) this.#seat?.apply(from, message);
				return;
			case "down":
				if (message.to === null || message.to === this.self) this.#seat?.down(from, message);
				return;
			case "up":
				if (message.to === this.self) this.hub?.up(from, message);
				return;
			case "call":
				if (message.to === this.self) this.hub?.called(from, message);
				return;
			case "reply":
				if (message.to === this.self) this.#seat?.replied(message);
				return;
			default:
				this.#machine.send({ type: "heard", from, signal: message });
				if (message.type === "hello") this.#welcome(from);
		}
	}

	#welcome(from: TabId): void {
		const state = this.#state;
		if (state.status !== "leading" || !state.tabs.some(({ id }) => id === from)) return;
		this.hub?.welcome(from);
		this.#shell.publisher.inheritOthers();
	}

	// ── what the rest of the client asks ─────────────────────────────────────────────────────────
	connectionChanged(): void {
		const { status } = this.#shell.connection.state;
		if (status === "connected") this.#machine.send({ type: "connected" });
		const isNews = status === "connected" || status === "failed" || status === "reconnecting";
		if (this.#state.status === "leading" && isNews) this.#shell.shown.mirror(null);
	}

	send(order: SendOrder): boolean {
		if (this.#seat?.publish(order)) return true;
		const now = this.#shell.runtime.clock.monotonic();
		if (!election.isInDoubt(this.#state, now)) return false;
		// It is in the queue still: without a route it counts as unanswered, and is sent again on the next.
		this.#machine.send({ type: "ticked" });
		this.pause();
		return true;
	}

	sendEphemeral(id: string, channel: string, data: unknown): "sent" | "unconnected" | null {
		if (this.#state.status !== "following") return null;
		const frame = { type: "publish", id, channel, data, ephemeral: true } as const;
		return this.#seat?.tell(frame) ? "sent" : "unconnected";
	}

	asked(link: LinkId, frame: SubscribeFrame): boolean {
		return this.#seat?.asked(link, frame) || this.hub?.askOwn(link, frame) || false;
	}

	left(frame: UnsubscribeFrame): boolean {
		this.#seat?.left(frame);
		this.hub?.leaveOwn(frame.channel);
		return this.#seat !== null || this.hub !== null;
	}

	pollAsks(): ReturnType<ShareKeeping["pollAsks"]> {
		return this.hub?.pollAsks() ?? {};
	}

	pollingStopped(): void {
		this.hub?.pollingStopped();
	}

	routed(): void {
		this.hub?.show();
	}

	answered(): void {
		this.#seat?.settle();
	}

	reconnect(reason: string): boolean {
		if (this.#state.status !== "following") return this.#state.status === "joining";
		this.#seat?.call("reconnect", reason);
		return true;
	}

	wake(reason: string): void {
		if (this.#state.status === "following") this.#seat?.call("wake", reason);
	}

	hold(change: "hold" | "release", reason: string): boolean {
		if (change === "hold") this.#holds.push(reason);
		else if (this.#holds.includes(reason)) this.#holds.splice(this.#holds.indexOf(reason), 1);
		const { status } = this.#state;
		if (status === "leading" || this.#isAlone) return false;
		if (status === "following") this.#seat?.call(change, reason);
		return true;
	}

	loadMore(): Promise<number> | null {
		return this.#state.status === "following" && this.#seat !== null
			? this.#seat.call("load-more", "asked")
			: null;
	}

	// ── what links bring, while they are ours ────────────────────────────────────────────────────
	opened(...opened: Parameters<LinkTap["opened"]>): void {
		this.hub?.opened(...opened);
	}

	adopted(link: LinkId): void {
		this.hub?.adopted(link);
	}

	closed(link: LinkId): void {
		this.hub?.closed(link);
	}

	received(link: LinkId, frame: ChannelFrame): boolean {
		return this.hub?.received(link, frame) ?? false;
	}

	rejected(...rejected: Parameters<LinkTap["rejected"]>): boolean {
		return this.hub?.rejected(...rejected) ?? false;
	}

	headed(...headed: Parameters<LinkTap["headed"]>): void {
		this.hub?.headed(...headed);
	}
}

function isLedBy(state: election.ElectionState, from: TabId): boolean {
	return (state.status === "following" || state.status === "succeeding") && state.leader === from;
}
