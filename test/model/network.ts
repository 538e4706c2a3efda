/* What lies between a client and its gateways: links, polls, and what each brings. */
import { isAnswered } from "../../src/channels/channel.js";
import type { LinkId } from "../../src/channels/contract.js";
import { decodePollResponse, decodeServerMessage } from "../../src/protocol/decode-server.js";
import type { PollRequest, ServerFrame, SubscribeFrame } from "../../src/protocol/frames.js";
import { SERVER_TEXT } from "../../src/protocol/limits.js";
import type { ServerLink } from "../../src/server/contract.js";
import type { ModelClient, Outside } from "./client.js";
import type { Gateway } from "./gateway.js";
import { Posts } from "./posts.js";
import { requestOf } from "./request.js";
import type { Scenario } from "./scenario.js";
import { CLOSED, Wire } from "./wire.js";

interface Poll {
	readonly link: LinkId;
	request: PollRequest;
	answer: string | null;
}

export class Network implements Outside {
	wires: readonly Wire[] = [];
	poll: Poll | null = null;
	readonly posts = new Posts();
	/** Every dial, every poll and every route over HTTP has an id of its own. */
	links = 0;
	readonly #scenario: Scenario;
	/** Asks of a link that is being opened go into its first text. */
	#asked: ((frame: SubscribeFrame) => void) | null = null;
	/** Asks of a channel that is joined again wait for the word that it was left. */
	#asking: Map<LinkId, SubscribeFrame> | null = null;
	#client: ModelClient | null = null;

	constructor(scenario: Scenario) {
		this.#scenario = scenario;
	}

	/** The two know each other. */
	connect(client: ModelClient): void {
		this.#client = client;
	}

	get client(): ModelClient {
		if (this.#client === null) throw new Error("nobody is connected");
		return this.#client;
	}

	/** Links that their gateways have not given up. */
	get held(): readonly ServerLink[] {
		return this.wires.flatMap(({ server }) => server ?? []);
	}

	// ── links ────────────────────────────────────────────────────────────────────────────────────
	dial(index: number, gateway: Gateway): void {
		const link = ++this.links;
		const wire = new Wire(link, index, gateway);
		this.wires = [...this.wires, wire];
		const hello = { type: "hello", token: "ann", class: "boot", client: "box" };
		const number = this.posts.helloNumber();
		const frames: unknown[] = [{ ...hello, link: number, name: "model", version: "1" }];
		this.#asked = (frame) => frames.push(frame);
		this.client.open(link, "websocket");
		this.#asked = null;
		wire.up = [JSON.stringify(frames)];
	}

	ask(link: LinkId, frame: SubscribeFrame): void {
		if (this.#asking !== null) this.#asking.set(link, frame);
		else if (this.#asked !== null) this.#asked(frame);
		else if (link > 0) this.#sendUp(link, [frame]);
	}

	/** The app leaves the channel and joins it again: one text on each link. */
	comeBack(): void {
		const links = this.wires.filter(({ isOpen }) => isOpen).map(({ link }) => link);
		const live = this.wires.filter(({ status }) => status === "open").at(-1);
		const asks = new Map<LinkId, SubscribeFrame>();
		this.#asking = asks;
		const left = this.client.comeBack(links, live?.link ?? null);
		this.#asking = null;
		for (const [link, ask] of asks) this.#sendUp(link, [left, ask]);
	}

	send(order: Parameters<Outside["send"]>[0]): void {
		const { route, publishes } = order;
		if (route.via === "http") return this.posts.send(order, this.#isDialling);
		const frames = publishes.map(({ first, ...publish }) =>
			first ? { type: "publish", ...publish, first } : { type: "publish", ...publish },
		);
		this.#sendUp(route.link, frames);
	}

	get #isDialling(): boolean {
		return this.wires.some(({ status }) => status === "opening");
	}

	#sendUp(link: LinkId, frames: readonly unknown[]): void {
		const wire = this.wires.find((other) => other.link === link);
		if (wire?.isOpen && wire.server !== null) wire.up = [...wire.up, JSON.stringify(frames)];
	}

	receive(wire: Wire): void {
		const [text = "", ...rest] = wire.down;
		wire.down = rest;
		if (text === CLOSED) return this.lose(wire);
		for (const frame of decodeServerMessage(text, SERVER_TEXT)) this.#hear(wire, frame);
		if (this.#scenario.retires === "at-once") this.retire();
	}

	#hear(wire: Wire, frame: ServerFrame): void {
		if (frame.type === "welcome") wire.status = "open";
		if (wire.isOpen) this.client.receive(wire.link, frame);
	}

	/** Rule 10: the old link closes after the new one's answer for every channel. */
	retire(): void {
		for (const wire of this.retiring) this.lose(wire);
	}

	/** Links that have been replaced. */
	get retiring(): readonly Wire[] {
		const open = this.wires.filter(({ isOpen }) => isOpen);
		const newest = open.at(-1);
		if (newest === undefined || newest.status !== "open") return [];
		const { from } = this.#scenario;
		const isSettled = from === "nowhere" || isAnswered(this.client.channel, newest.link);
		return isSettled ? open.slice(0, -1) : [];
	}

	/** With the link that publishes goes the one that it had replaced: on that one nothing is sent any more. */
	lose(wire: Wire): void {
		const isLive = wire.status === "open";
		wire.hangUp();
		this.client.feedChannel({ type: "link-closed", link: wire.link });
		this.client.feedOutbox({ type: "route-closed", link: wire.link });
		const older = this.wires.filter(({ isOpen, link }) => isOpen && link < wire.link);
		if (isLive) for (const each of older) this.lose(each);
	}

	/** The gateways hear no more of what was on its way. */
	loseAll(isLost: (at: { readonly gateway: number }) => boolean): void {
		this.posts.loseAll(isLost, this.client);
		for (const wire of this.wires.filter(isLost)) {
			wire.dropUp();
			if (wire.isOpen) this.lose(wire);
		}
	}

	/** The client's process is gone; what it has sent is still on its way. */
	hangUp(): void {
		for (const each of this.wires) each.hangUp();
		this.posts.hangUp();
		this.poll = null;
	}

	/** Of a link that both sides have done with, nothing is left. */
	sweep(): void {
		this.wires = this.wires.filter(({ isOpen, server }) => isOpen || server !== null);
	}

	// ── requests ────────────────────────────────────────────────────────────────────────────────────
	openPosts(gateway: number, dedupeMs: number): void {
		this.links += 1;
		this.posts.openedTo(gateway);
		this.client.openRoute({ link: -this.links, via: "http" }, dedupeMs);
	}

	openPoll({ server }: Gateway): void {
		this.links += 1;
		const link = -this.links;
		const poll: Poll = { link, request: { channels: {}, waitMs: 0 }, answer: null };
		this.#asked = ({ id, channel, from }) => {
			poll.request = { channels: { [channel]: { id, from } }, waitMs: 0 };
		};
		this.client.open(link, "polling");
		this.#asked = null;
		this.poll = poll;
		const request = requestOf("poll", poll.request, new AbortController());
		void server.handle(request, null).then((response) => {
			poll.answer = (response as unknown as { readonly body: string }).body;
		});
	}

	receivePoll(): void {
		const { poll } = this;
		if (poll?.answer == null) return;
		const { frames } = decodePollResponse(poll.answer, SERVER_TEXT);
		for (const frame of frames) this.client.receive(poll.link, frame);
		this.closePoll();
	}

	closePoll(): void {
		const { poll } = this;
		this.poll = null;
		if (poll !== null) this.client.feedChannel({ type: "link-closed", link: poll.link });
	}

	/** All that decides what a client may still hear, and what is still heard of it. */
	get state(): unknown {
		const wires = this.wires.map(({ link, gateway, up, down, status, server }) => [
			...[link, gateway, timeless(up), timeless(down), status, server !== null],
		]);
		return [this.links, this.poll, this.posts.state, wires];
	}
}

/** Texts without the instants in them. */
function timeless(texts: readonly string[]): readonly string[] {
	return texts.map((text) => text.replace(/"at":\d+/g, ""));
}
