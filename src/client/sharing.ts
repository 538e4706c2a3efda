/*
 * One connection for all tabs of a browser: runs the election, hears the others, and answers for the client
 * whose connection it uses. Loaded when `share` is "browser", and only then.
 *
 *   follower: channels, outbox ─▶ seat ═ BroadcastChannel ═▶ hub ─▶ lines, the outbox ─▶ links :leader
 */
import type { LinkId } from "../channels/contract.js";
import type { SubscribeFrame, UnsubscribeFrame } from "../protocol/frames.js";
import { dispose } from "../reactive/disposable.js";
import type { Unsubscribe } from "../reactive/readable.js";
import type { TabChannel, Tabs } from "../runtime/runtime.js";
import { type TabsHost, webTabs } from "../runtime/tabs.js";
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
import { isParcel, readMessage } from "../share/messages.js";
import { type Definition, Machine } from "./machine.js";
import type { SendOrder } from "./publisher.js";
import { nameGroup } from "./share-group.js";
import { GroupLock } from "./share-lock.js";
import { Roles } from "./share-roles.js";
import type { ShareKeeping, Shell } from "./shell.js";

type Election = Machine<election.ElectionState, ElectionInput, ElectionEffect, Sharing>;

const ELECTION: Definition<Sharing, election.ElectionState, ElectionInput, ElectionEffect> = {
	name: "share",
	transition: (state, input, moment, { self }) => election.transition(state, input, self, moment),
	dueAt: election.dueAt,
	perform: (sharing, effect) => ORDERS[effect.type](sharing, effect as never),
	changed: () => undefined,
};

type Orders = {
	readonly [T in ElectionEffect["type"]]: (
		sharing: Sharing,
		order: Extract<ElectionEffect, { type: T }>,
	) => void;
};

const ORDERS: Orders = {
	"queue-for-lock": ({ lock }) => lock?.request("queue"),
	"steal-lock": ({ lock }) => lock?.request("steal"),
	"drop-lock": ({ lock }) => lock?.drop(),
	say: (sharing, { signal }) => sharing.post(signal),
	"dial-beside": ({ roles }) => roles.dial(),
	"give-up-dial": ({ roles }) => roles.hangUp(),
	lead: ({ roles, state }) => roles.lead(state.term),
	follow: ({ roles }, { leader }) => roles.follow(leader),
	"step-down": ({ roles }, { inGrace }) => roles.stepDown(inGrace ? "grace" : "at once"),
	pause: ({ roles }) => roles.pause(),
	resume: ({ roles }) => roles.resume(),
	forget: ({ roles }, { tab }) => roles.hub?.forget(tab),
	"stand-alone": (sharing, { reason }) => {
		sharing.roles.standAlone(reason);
		sharing.hangUp();
	},
	leave: (sharing) => sharing.leave(),
};

export class Sharing implements ShareKeeping {
	readonly self: TabId;
	readonly roles: Roles;
	lock: GroupLock | null = null;
	readonly #shell: Shell;
	readonly #machine: Election;
	#bus: TabChannel | null = null;
	#phase: "new" | "joining" | "open" | "over" = "new";
	#left: (() => void) | null = null;
	#unwatch: Unsubscribe | null = null;

	constructor(shell: Shell) {
		const { clock, random, lifecycle } = shell.runtime;
		const report = (reason: unknown): void => shell.report(reason);
		this.#shell = shell;
		this.self = shell.publisher.newId();
		this.roles = new Roles(shell, {
			post: (parcel) => this.post(parcel),
			bar: (reason) => this.#machine.send({ type: "barred", reason }),
		});
		const initial = election.initialElection(lifecycle.get());
		this.#machine = new Machine(initial, ELECTION, this, { clock, random, report });
	}

	get state(): election.ElectionState {
		return this.#machine.state;
	}

	get #isFollowing(): boolean {
		return this.state.status === "following";
	}

	// ── beginning and end ────────────────────────────────────────────────────────────────────────
	start(): void {
		if (this.#phase === "new") return this.#begin();
		const { status } = this.#shell.shown.connection.get();
		const isDown = status === "failed" || status === "closed";
		if (this.#isFollowing) {
			if (!isDown) return;
			// At once: the leader's word for it is a message away.
			this.#shell.shown.showConnecting();
			this.#call("connect", "asked");
		} else if (this.state.status === "leading" || this.roles.isAlone)
			this.#shell.connection.send({ type: "connect-requested" });
	}

	#begin(): void {
		this.#phase = "joining";
		const { tabs = webTabs(globalThis as TabsHost) } = this.#shell.runtime;
		if (tabs === null) return this.roles.standAlone("unavailable");
		this.#shell.sharing.set({ role: "joining" });
		const alone = (reason: AloneReason) => (): void => {
			if (this.#phase === "joining") this.roles.standAlone(reason);
		};
		// Who cannot say who it is shares with nobody; its own connection shows what the matter is.
		nameGroup(this.#shell, tabs)
			.then((name) => this.#join(tabs, name), alone("identity"))
			.catch(alone("unavailable"));
	}

	#join(tabs: Tabs, name: string): void {
		if (this.#phase !== "joining") return;
		this.lock = new GroupLock(tabs, name, {
			granted: () => this.#machine.send({ type: "granted" }),
			taken: () => this.#machine.send({ type: "taken" }),
			refused: () => this.#machine.send({ type: "refused" }),
		});
		this.#bus = tabs.open(name, (data) => this.#hear(data));
		this.#phase = "open";
		this.#unwatch = this.#shell.runtime.lifecycle.subscribe(({ visible, frozen }, previous) => {
			this.#machine.send({ type: "looked", visible });
			if (frozen !== previous.frozen) this.#machine.send({ type: frozen ? "frozen" : "thawed" });
		});
		this.#machine.send({ type: "opened" });
	}

	stop(): Promise<void> {
		const isOpen = this.#phase === "open";
		this.#phase = "over";
		this.roles.silence();
		if (!isOpen) return Promise.resolve();
		return new Promise((resolve) => {
			this.#left = resolve;
			this.#machine.send({ type: "leave-requested" });
		});
	}

	leave(): void {
		this.roles.end();
		this.lock?.drop();
		this.hangUp();
		this.#machine.stop();
		this.#left?.();
	}

	/** Of the channel. */
	hangUp(): void {
		this.#unwatch?.();
		this.#unwatch = null;
		dispose(this.#bus);
		this.#bus = null;
	}

	// ── the others ───────────────────────────────────────────────────────────────────────────────
	post(message: Signal | Parcel): void {
		this.#bus?.post({ from: this.self, ...message } satisfies TabMessage);
	}

	#hear(data: unknown): void {
		const message = readMessage(data);
		if (message === null || message.from === this.self) return;
		const isOurs = !("to" in message) || message.to === null || message.to === this.self;
		if (isParcel(message)) {
			if (isOurs) this.#open(message);
			return;
		}
		const { from, ...signal } = message;
		this.#machine.send({ type: "heard", from, signal });
		if (signal.type === "hello") this.#welcome(from);
	}

	#open(message: Parcel & { readonly from: TabId }): void {
		const { hub, seat } = this.roles;
		const { from } = message;
		switch (message.type) {
			case "view":
				if (election.isLedBy(this.state, from)) seat?.apply(from, message);
				return;
			case "down":
				return seat?.down(from, message);
			case "up":
				return hub?.up(from, message);
			case "call":
				return hub?.called(from, message);
			case "reply":
				return seat?.calls.replied(message);
			default:
				return message satisfies never;
		}
	}

	#welcome(from: TabId): void {
		const { state } = this;
		if (state.status !== "leading" || !state.tabs.some(({ id }) => id === from)) return;
		if (this.roles.hub?.welcome(from)) this.#shell.publisher.inheritOthers();
	}

	// ── what the rest of the client asks ─────────────────────────────────────────────────────────
	connectionChanged(): void {
		const { status } = this.#shell.connection.state;
		if (status === "connected") this.#machine.send({ type: "connected" });
		if (this.state.status === "leading") this.roles.showOwn();
	}

	send(order: SendOrder): boolean {
		if (this.roles.seat?.publish(order)) return true;
		const now = this.#shell.runtime.clock.monotonic();
		if (!election.isInDoubt(this.state, now)) return false;
		// It is in the queue still: without a route it counts as unanswered, and is sent again on the next.
		this.#machine.send({ type: "ticked" });
		this.roles.pause();
		return true;
	}

	sendEphemeral(id: string, channel: string, data: unknown): "sent" | "unconnected" | null {
		if (!this.#isFollowing) return null;
		const frame = { type: "publish", id, channel, data, ephemeral: true } as const;
		return this.roles.seat?.tell(frame) ? "sent" : "unconnected";
	}

	asked(link: LinkId, frame: SubscribeFrame): boolean {
		const { hub, seat } = this.roles;
		return seat?.asked(link, frame) || hub?.lines.askOwn(link, frame) || false;
	}

	left(frame: UnsubscribeFrame): boolean {
		const { hub, seat } = this.roles;
		seat?.left(frame);
		hub?.lines.leaveOwn(frame.channel);
		return seat !== null || hub !== null;
	}

	pollAsks(): ReturnType<ShareKeeping["pollAsks"]> {
		return this.roles.hub?.lines.pollAsks() ?? {};
	}

	pollingStopped(): void {
		this.roles.hub?.lines.pollingStopped();
	}

	routed(): void {
		this.roles.hub?.show();
	}

	answered(): void {
		this.roles.seat?.settle();
	}

	reconnect(reason: string): boolean {
		if (this.#isFollowing) this.#call("reconnect", reason);
		return this.#isFollowing || this.state.status === "joining";
	}

	wake(reason: string): void {
		if (this.#isFollowing) this.#call("wake", reason);
	}

	hold(change: "hold" | "release", reason: string): boolean {
		const { holds, isAlone } = this.roles;
		if (change === "hold") holds.push(reason);
		else if (holds.includes(reason)) holds.splice(holds.indexOf(reason), 1);
		if (this.#isFollowing) this.#call(change, reason);
		return this.state.status !== "leading" && !isAlone;
	}

	loadMore(): Promise<number> | null {
		const { seat } = this.roles;
		return this.#isFollowing && seat !== null ? seat.calls.loadMore(seat.leader) : null;
	}

	#call(name: "connect" | "reconnect" | "wake" | "hold" | "release", reason: string): void {
		const { seat } = this.roles;
		seat?.calls.tell(seat.leader, name, reason);
	}
}
