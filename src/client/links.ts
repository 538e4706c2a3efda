/* The links: at most one that lives and one beside it, each under its dial id. */
import type { Loss } from "../connection/contract.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { classifyClose } from "../policy/close-codes.js";
import type { ServerFrame, SubscribeFrame, UnsubscribeFrame } from "../protocol/frames.js";
import type { TransportEnd } from "../transport/transport.js";
import { FRAMES, linkSettled } from "./effects.js";
import { Link, type LinkFacts } from "./link.js";
import type { World } from "./machine.js";
import type { SendOrder } from "./publisher.js";
import type { LinkKeeping, Shell } from "./shell.js";
import { NAME, VERSION } from "./version.js";

export class Links implements LinkKeeping, LinkFacts {
	readonly #shell: Shell;
	readonly #world: World;
	/** Never more than two: a map would cost more than it finds. */
	#links: readonly Link[] = [];
	#current: number | null = null;
	/** Of the last link that was adopted, ever. */
	#lastUrl: string | null = null;

	constructor(shell: Shell, world: World) {
		this.#shell = shell;
		this.#world = world;
	}

	get live(): Link | undefined {
		return this.#current === null ? undefined : this.#find(this.#current);
	}

	dial(dialId: number, endpoint: Endpoint): void {
		const { counts, token, settings, runtime, names } = this.#shell;
		counts.dials += 1;
		const dial = { dialId, endpoint };
		const link = new Link(dial, this, settings.heartbeat, runtime, this.#world, names?.open);
		// Beside the dial: by the time that the transport is open, the token should be there.
		link.token = token.get(dialId);
		link.token.catch(() => undefined);
		this.#links = [...this.#links, link];
	}

	/** Hello needs the token and, with a stored outbox, the queue's own identity. */
	greet(dialId: number): void {
		const link = this.#find(dialId);
		if (link === undefined) return;
		const { token, publisher, connection } = this.#shell;
		if (!token.isKnown) connection.send({ type: "token-awaited", dialId });
		Promise.all([link.token, publisher.open()]).then(
			([known]) => this.#sayHello(dialId, known),
			(reason) => this.#lose(dialId, { cause: RealtimeError.from(reason), blame: "nobody" }),
		);
	}

	adopt(dialId: number, previous: number | null): void {
		const link = this.#find(dialId);
		if (link?.welcome == null) return;
		const { counts, publisher } = this.#shell;
		const { url } = link.endpoint;
		link.isResumed = this.#lastUrl !== null;
		this.#current = dialId;
		counts.connects += 1;
		if (previous !== null) counts.migrations += 1;
		if (link.isResumed && this.#lastUrl !== url) counts.failovers += 1;
		this.#lastUrl = url;
		publisher.routeOpened({ link: dialId, via: "websocket" }, link.welcome.dedupeMs);
	}

	hangUp(dialId: number, code: number, reason: string): void {
		this.#find(dialId)?.hangUp(code, reason);
		this.#forget(dialId);
	}

	recognise(link: Link, identity: string): boolean {
		try {
			this.#shell.identified(identity);
			return true;
		} catch (reason) {
			link.hangUp(1000, "another identity");
			this.#lose(link.dialId, { cause: RealtimeError.from(reason), blame: "nobody" });
			return false;
		}
	}

	keepToken(link: Link, ttlMs: number): void {
		this.#shell.token.accept(ttlMs, (fresh) => {
			fresh.then(
				(token) => {
					if (token !== null) (this.live ?? link).send({ type: "token", token });
				},
				(reason) => this.#shell.report(reason),
			);
		});
	}

	settle(): void {
		for (const link of this.#links) {
			if (link.isSettled || link.welcome === null) continue;
			if (!this.#shell.subscriptions.isSettled(link.dialId)) continue;
			link.isSettled = true;
			link.recovered = link.isResumed && !link.hasGap;
			linkSettled(this.#shell, link);
		}
	}

	probe(): void {
		for (const link of this.#links) link.probe();
	}

	send({ route, publishes }: SendOrder): void {
		const link = this.#find(route.link);
		for (const { first, ...publish } of publishes) {
			const frame = { type: "publish", ...publish, ...(first ? { first } : {}) } as const;
			if (link?.send(frame) === false) this.#shell.publisher.refuse(route.link, publish.id);
		}
	}

	ask(dialId: number, frame: SubscribeFrame | UnsubscribeFrame): void {
		this.#find(dialId)?.send(frame);
	}

	leave(frame: UnsubscribeFrame): void {
		for (const link of this.#links) link.send(frame);
	}

	markGap(): void {
		for (const link of this.#links) link.hasGap = true;
	}

	/** All of them are our own loss: the machine decides what comes next. */
	freeze(): void {
		const cause = new RealtimeError("connection-lost", "The page was frozen.");
		for (const { dialId } of this.#links) {
			this.#find(dialId)?.hangUp(1000, "frozen");
			this.#lose(dialId, { cause, blame: "nobody" });
		}
	}

	stop(): void {
		for (const { dialId } of this.#links) this.hangUp(dialId, 1000, "closed");
	}

	#sayHello(dialId: number, token: string | null): void {
		const { queue } = this.#shell.publisher;
		this.#find(dialId)?.greet({
			type: "hello",
			token,
			class: this.#lastUrl === null ? "boot" : "resume",
			client: queue.client,
			link: this.#shell.publisher.links.ofHello(dialId),
			name: NAME,
			version: VERSION,
			short: true,
			...(queue.identity === null ? {} : { as: queue.identity }),
		});
	}

	opened({ dialId }: Link): void {
		this.#shell.connection.send({ type: "opened", dialId });
	}

	received(link: Link, frame: ServerFrame): void {
		FRAMES[frame.type](this.#shell, link, frame as never);
	}

	counted(direction: "bytesIn" | "bytesOut", bytes: number): void {
		this.#shell.counts[direction] += bytes;
	}

	ended(link: Link, end: TransportEnd, cause?: RealtimeError): void {
		const verdict = classifyClose(end);
		const isFinal = verdict.isTokenRejected && !this.#shell.token.reject(link.dialId);
		const refused = (): RealtimeError =>
			new RealtimeError("unauthorized", "The server refused a fresh token.", {
				cause: verdict.cause,
				retryable: false,
			});
		this.#lose(link.dialId, { ...verdict, cause: cause ?? (isFinal ? refused() : verdict.cause) });
	}

	#lose(dialId: number, loss: Loss): void {
		this.#shell.connection.send({ type: "lost", dialId, ...loss });
		this.#forget(dialId);
	}

	#find(dialId: number): Link | undefined {
		return this.#links.find((link) => link.dialId === dialId);
	}

	#forget(dialId: number): void {
		if (this.#find(dialId) === undefined) return;
		this.#links = this.#links.filter((link) => link.dialId !== dialId);
		if (this.#current === dialId) this.#current = null;
		this.#shell.subscriptions.closed(dialId);
		this.#shell.publisher.routeClosed(dialId);
	}
}
