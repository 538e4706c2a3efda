/*
 * A following tab's side: the leader's links as links of our own, whose channels and outbox keep order,
 * positions and receipts as they would on a socket.
 */
import type { LinkId } from "../channels/contract.js";
import { decodeServerMessage } from "../protocol/decode-server.js";
import { encodeBatches } from "../protocol/encode.js";
import type {
	ClientFrame,
	PublishFrame,
	ServerFrame,
	SubscribeFrame,
	UnsubscribeFrame,
} from "../protocol/frames.js";
import { SERVER_TEXT } from "../protocol/limits.js";
import { dispose } from "../reactive/disposable.js";
import type { AloneReason, LeaderView, Parcel, PlainConnection, TabId } from "../share/contract.js";
import { fromPlain } from "../share/plain.js";
import type { SendOrder } from "./publisher.js";
import { Calls } from "./share-calls.js";
import { isShared, type SharedLink, SharedLinks } from "./shared-links.js";
import type { Mirrored, Shell } from "./shell.js";

/** For how long links of the last leader are kept beside those of the next. */
const GRACE_MS = 1_000;
const BATCH_BYTES = 1_048_576;

export interface SeatFacts {
	post(parcel: Parcel): void;
	/** We must not share with that leader. */
	bar(reason: AloneReason): void;
}

export class Seat {
	readonly #shell: Shell;
	readonly #facts: SeatFacts;
	readonly calls: Calls;
	readonly #links = new SharedLinks();
	#current: number | null = null;
	#route: SharedLink | null = null;
	#holds: readonly string[] = [];
	#asks = new Map<number, ClientFrame[]>();
	#grace: Disposable | null = null;
	#seen: { readonly text: string; readonly state: Mirrored["connection"] } | null = null;
	#isOver = false;

	constructor(shell: Shell, facts: SeatFacts) {
		this.#shell = shell;
		this.#facts = facts;
		this.calls = new Calls(shell.runtime.clock, facts.post);
	}

	get leader(): TabId | null {
		return this.#links.leader;
	}

	/** What the last leader brings still counts for a moment; publishes go nowhere until the next has spoken. */
	follow(leader: TabId, holds: readonly string[]): void {
		this.#isOver = false;
		this.#closeRoute();
		this.#links.leader = leader;
		this.#links.seat = null;
		this.#current = null;
		this.#holds = holds;
		this.calls.end();
		this.#retireLater();
	}

	/** We lead ourselves now, or are about to. */
	retire(): void {
		this.#links.leader = null;
		this.#links.seat = null;
		this.#closeRoute();
		this.calls.end();
		this.#retireLater();
	}

	end(): void {
		this.#isOver = true;
		this.#links.leader = null;
		this.#links.seat = null;
		this.#closeRoute();
		this.calls.end();
		this.#closeRetired();
	}

	// ── what the leader shows ────────────────────────────────────────────────────────────────────
	apply(from: TabId, { seat, view }: Extract<Parcel, { type: "view" }>): void {
		if (this.#isOver || from !== this.#links.leader) return;
		const isNew = seat !== null && seat !== this.#links.seat;
		if (seat === null && this.#links.seat === null) return;
		if (isNew) {
			// It has forgotten what we asked: all of it is asked anew.
			this.#closeRoute();
			this.#links.seat = seat;
			this.#current = null;
			this.#retireLater();
			for (const reason of this.#holds) this.calls.tell(from, "hold", reason);
		}
		this.#mirror(view);
		this.#applyLinks(view);
		this.#applyRoute(view);
		if (view.identity !== null) this.#identify(view.identity, from);
		this.settle();
	}

	/** Whatever the leader's app does, ours has not closed. */
	#mirror(view: LeaderView): void {
		const { status } = view.connection;
		if (status === "closed" || status === "idle") return;
		const connection = this.#revive(view.connection);
		this.#shell.shown.mirror({ connection, mode: view.mode });
	}

	/** The same state is the same object, its error too. */
	#revive(plain: PlainConnection): Mirrored["connection"] {
		const text = JSON.stringify(plain);
		if (this.#seen?.text !== text) this.#seen = { text, state: fromPlain(plain) };
		return this.#seen.state;
	}

	#applyLinks(view: LeaderView): void {
		const { subscriptions } = this.#shell;
		const held = this.#links.present;
		for (const each of held)
			if (!view.links.some(({ link }) => link === each.link)) this.#close(each);
		for (const { link, via } of view.links) {
			if (held.some((each) => each.link === link)) continue;
			const shared = this.#links.add(link, "channel");
			subscriptions.opened(shared.local, via);
		}
		if (view.current === this.#current) return;
		this.#current = view.current;
		const current = this.#links.find(this.#links.leader, view.current);
		if (current !== undefined) subscriptions.adopted(current.local);
	}

	/** While a link of our own publishes, it goes on doing so. */
	#applyRoute({ route }: LeaderView): void {
		const { publisher } = this.#shell;
		const isOwn = publisher.route !== null && !isShared(publisher.route.link);
		if (isOwn) return;
		if (route === null) return this.#closeRoute();
		if (this.#route?.link === route.link) return;
		this.#closeRoute();
		this.#route = this.#links.add(route.link, "route");
		publisher.routeOpened({ link: this.#route.local, via: "websocket" }, route.dedupeMs);
	}

	#closeRoute(): void {
		const route = this.#route;
		this.#route = null;
		if (route === null) return;
		this.#links.remove(route);
		this.#shell.publisher.routeClosed(route.local);
	}

	/** What lies in our queue is sent by whom it belongs to, or not at all. */
	#identify(identity: string, leader: TabId): void {
		const { publisher } = this.#shell;
		const check = (): void => {
			if (this.#links.leader !== leader || this.#isOver) return;
			const own = publisher.queue.identity;
			if (own !== null && own !== identity) this.#facts.bar("identity");
			else if (own === null) publisher.claim(identity);
		};
		publisher.open().then(check, check);
	}

	// ── links ────────────────────────────────────────────────────────────────────────────────────
	#close(shared: SharedLink): void {
		this.#links.remove(shared);
		if (shared.what === "channel") this.#shell.subscriptions.closed(shared.local);
	}

	/** Links of another leader, or another seat, end once the new ones have answered, and at the latest then. */
	#retireLater(): void {
		if (this.#grace !== null || this.#links.all.length === 0) return;
		const { clock } = this.#shell.runtime;
		this.#grace = clock.setTimeout(() => this.#closeRetired(), GRACE_MS, "share-grace");
	}

	#closeRetired(): void {
		dispose(this.#grace);
		this.#grace = null;
		for (const each of this.#links.all) if (!this.#links.isPresent(each)) this.#close(each);
	}

	settle(): void {
		if (this.#grace === null) return;
		const { subscriptions, links } = this.#shell;
		const own = links.live;
		const isReplaced =
			own !== undefined
				? subscriptions.isSettled(own.dialId)
				: this.#links.present.some(({ local }) => subscriptions.isSettled(local));
		if (isReplaced) this.#closeRetired();
	}

	// ── what comes from the leader ───────────────────────────────────────────────────────────────
	down(from: TabId, { link, text }: Extract<Parcel, { type: "down" }>): void {
		if (this.#isOver) return;
		let frames: readonly ServerFrame[] = [];
		try {
			frames = decodeServerMessage(text, SERVER_TEXT);
		} catch {
			this.#shell.runtime.logger.warn("share-malformed");
		}
		for (const frame of frames) this.#take(from, link, frame);
	}

	#take(from: TabId, link: number, frame: ServerFrame): void {
		const { subscriptions, publisher } = this.#shell;
		if (frame.type === "published" || (frame.type === "rejected" && typeof frame.id === "string")) {
			const local =
				this.#route?.link === link && from === this.#links.leader ? this.#route.local : -1;
			return publisher.answered(local, frame);
		}
		const shared = this.#links.find(from, link);
		if (shared === undefined) return;
		if (frame.type === "heads") subscriptions.headed(shared.local, frame.heads);
		else if (frame.type === "rejected") subscriptions.refuse(shared.local, frame);
		else if (frame.type === "subscribed" || frame.type === "message" || frame.type === "gap") {
			subscriptions.receive(shared.local, frame);
			if (frame.type === "subscribed") this.settle();
		}
	}

	// ── what goes to the leader ──────────────────────────────────────────────────────────────────
	asked(link: LinkId, frame: SubscribeFrame): boolean {
		const shared = this.#links.ofLocal(link);
		if (shared === undefined) return false;
		if (this.#links.isPresent(shared)) this.#plan(shared.link, frame);
		return true;
	}

	left(frame: UnsubscribeFrame): void {
		this.#plan(0, frame);
	}

	/** At the end of the turn: a thousand channels are one message. */
	#plan(link: number, frame: ClientFrame): void {
		if (this.#asks.size === 0) queueMicrotask(() => this.#flush());
		const asks = this.#asks.get(link) ?? [];
		asks.push(frame);
		this.#asks.set(link, asks);
	}

	#flush(): void {
		const asks = this.#asks;
		this.#asks = new Map();
		for (const [link, frames] of asks) this.#up(link, frames, []);
	}

	#up(link: number, frames: readonly ClientFrame[], ages: readonly (number | null)[]): void {
		const to = this.#links.leader;
		if (to === null || this.#links.seat === null) return;
		const texts = frames.map((frame) => JSON.stringify(frame));
		// Ages go by place: with publishes there is one batch.
		const batches = ages.length > 0 ? [`[${texts.join()}]`] : encodeBatches(texts, BATCH_BYTES);
		for (const text of batches) this.#facts.post({ type: "up", to, link, text, ages });
	}

	/** False: it goes by a link of our own. */
	publish({ route, publishes }: SendOrder): boolean {
		if (!isShared(route.link)) return false;
		if (this.#route?.local !== route.link) return true;
		const { publisher } = this.#shell;
		const frames = publishes.map(
			({ first, ...publish }): PublishFrame => ({
				type: "publish",
				...publish,
				...(first ? { first } : {}),
			}),
		);
		const ages = publishes.map(({ id }) => publisher.sentForMs(id));
		this.#up(this.#route.link, frames, ages);
		return true;
	}

	/** An ephemeral one. False: nobody would hear it. */
	tell(frame: PublishFrame): boolean {
		if (this.#route === null) return false;
		this.#up(this.#route.link, [frame], []);
		return true;
	}
}
