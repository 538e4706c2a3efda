/* Publishes over HTTP: requests on their way, handled or not, awaited or given up. */
import type { LinkId, OutboxEffect } from "../../src/channels/contract.js";
import { decodePublishResponse } from "../../src/protocol/decode-server.js";
import type { PublishRequest } from "../../src/protocol/frames.js";
import { SERVER_TEXT } from "../../src/protocol/limits.js";
import type { ModelClient } from "./client.js";
import type { Gateway } from "./gateway.js";
import { requestOf } from "./request.js";

type SendOrder = Extract<OutboxEffect, { type: "send" }>;

interface Post {
	readonly name: string;
	readonly link: LinkId;
	readonly gateway: number;
	readonly request: PublishRequest;
	/** The gateway has it. */
	readonly isHandled: boolean;
	/** By the client. */
	readonly isAwaited: boolean;
	readonly answer: string | null;
}

/** Room below the number of a hello for the requests that are made before its welcome. */
const REQUESTS_A_DIAL = 8;

export class Posts {
	all: readonly Post[] = [];
	#made = 0;
	/** Whereto the present route leads. */
	#gateway = 0;
	/** As src/client/publisher.ts numbers hellos and requests. */
	#number = 0;
	#below = 0;
	/** By name: what a gateway is told when it notices that nobody waits. */
	readonly #aborts = new Map<string, AbortController>();

	get state(): unknown {
		return [this.all, this.#made, this.#gateway, this.#number, this.#below];
	}

	helloNumber(): number {
		this.#below = this.#number;
		this.#number += REQUESTS_A_DIAL;
		return this.#number;
	}

	#requestNumber(isDialling: boolean): number {
		if (isDialling) this.#below += 1;
		else this.#number += 1;
		return isDialling ? this.#below : this.#number;
	}

	openedTo(gateway: number): void {
		this.#gateway = gateway;
	}

	send({ route, publishes }: SendOrder, isDialling: boolean): void {
		const request: PublishRequest = {
			client: "box",
			link: this.#requestNumber(isDialling),
			publishes: publishes.map(({ first, ...publish }) =>
				first ? { ...publish, first } : publish,
			),
		};
		this.#made += 1;
		const post = { name: `p${this.#made}`, link: route.link, gateway: this.#gateway, request };
		this.all = [...this.all, { ...post, isHandled: false, isAwaited: true, answer: null }];
	}

	handle(name: string, gateways: readonly Gateway[]): void {
		const post = this.#find(name);
		if (post === undefined) return;
		this.#put({ ...post, isHandled: true });
		const abort = new AbortController();
		this.#aborts.set(name, abort);
		const { server } = gateways[post.gateway] as Gateway;
		void server.handle(requestOf("publish", post.request, abort), null).then((response) => {
			const { body } = response as unknown as { readonly body: string };
			const now = this.#find(name);
			if (now?.isAwaited) this.#put({ ...now, answer: body });
			else this.#remove(name);
		});
	}

	receive(name: string, client: ModelClient): void {
		const post = this.#find(name);
		if (post?.answer == null) return;
		this.#remove(name);
		for (const result of decodePublishResponse(post.answer, SERVER_TEXT).results)
			client.receive(post.link, result);
	}

	/** The client waits no longer; the request may still be handled late. */
	lose(name: string, client: ModelClient): void {
		const post = this.#find(name);
		if (post === undefined) return;
		this.#put({ ...post, isAwaited: false });
		if (post.answer !== null) this.#remove(name);
		client.feedOutbox({ type: "route-closed", link: post.link });
	}

	/** It never arrives, or the gateway notices that nobody waits. */
	forget(name: string): void {
		this.#aborts.get(name)?.abort();
		this.#remove(name);
	}

	loseAll(isLost: (post: Post) => boolean, client: ModelClient): void {
		for (const post of this.all.filter(isLost)) {
			this.forget(post.name);
			if (post.isAwaited) client.feedOutbox({ type: "route-closed", link: post.link });
		}
	}

	/** The client's process is gone; what it has sent is still on its way. */
	hangUp(): void {
		this.all = this.all
			.filter(({ answer }) => answer === null)
			.map((post) => ({ ...post, isAwaited: false }));
	}

	#find(name: string): Post | undefined {
		return this.all.find((post) => post.name === name);
	}

	#put(post: Post): void {
		this.all = this.all.map((other) => (other.name === post.name ? post : other));
	}

	#remove(name: string): void {
		this.all = this.all.filter((post) => post.name !== name);
		this.#aborts.delete(name);
	}
}
