/*
 * Mistakes that this code could have been written with. Each is put into a copy of src/ by replacing
 * `find`, which must stand there exactly once; a simulation that lets one pass proves too little.
 */

import { SERVER } from "./mutations-server.js";

export interface Mutation {
	readonly name: string;
	readonly home: "pure" | "client" | "server";
	readonly file: string;
	readonly find: string;
	readonly replace: string;
	/** A seed that has shown it, where it takes many: tried first. It may show it no longer. */
	readonly hint?: number;
}

const PURE: readonly Omit<Mutation, "home">[] = [
	{
		name: "repeats are delivered",
		file: "channels/channel.ts",
		find: "if (offset <= state.offset) return stay(state);",
		replace: "if (offset <= state.offset) return advance(state, at, frame, offset);",
	},
	{
		name: "ids do not outlive epochs",
		file: "channels/channel.ts",
		find: "const isRepeat = suspects > 0 && isRecent(recent, frame.from, frame.id);",
		replace: "const isRepeat = false;",
	},
	{
		name: "an answer counts for any question",
		file: "channels/channel.ts",
		find: 'if (at?.phase !== "asked" || at.askId !== frame.id) return stay(state);',
		replace: 'if (at?.phase !== "asked") return stay(state);',
	},
	{
		name: "resume asks from one too early",
		file: "channels/channel.ts",
		find: "return goesOn ? position(state) : null;",
		replace:
			"return goesOn && state.epoch !== null ? { epoch: state.epoch, offset: Math.max(0, state.offset - 1) } : null;",
	},
	{
		name: "gaps are not told",
		file: "channels/channel.ts",
		find: 'state.recover ? [{ type: "tell-gap", missed }] : NONE',
		replace: "NONE",
	},
	{
		name: "the window is unbounded",
		file: "channels/outbox-sends.ts",
		find: 'return via === "http" ? WINDOW : window - busy;',
		replace: "return 100_000;",
	},
	{
		name: "what was in flight is not sent again",
		file: "channels/outbox.ts",
		find: "revise(pending, { due: 0, inFlight: false, isUnanswered: true })",
		replace: "revise(pending, { due: 0, isUnanswered: true })",
	},
	{
		name: "new publishes leave before the unanswered ones",
		file: "channels/outbox-sends.ts",
		find: "for (let at = 0; at < queue.length && room > 0; at += 1)",
		replace: "for (let at = queue.length - 1; at >= 0 && room > 0; at -= 1)",
	},
	{
		name: "the attempt counter is reset on open",
		file: "connection/dial.ts",
		find: "return [{ ...live, retiring }, [report(reason, dial)",
		replace: "return [{ ...live, retiring, outage: null }, [report(reason, dial)",
	},
	{
		name: "the old link is forgotten and stays open",
		file: "connection/dial.ts",
		find: "return [{ ...live, retiring }, [report(reason, dial)",
		replace: "return [live, [report(reason, dial)",
	},
	{
		name: "a dead peer is never pronounced dead",
		file: "policy/heartbeat.ts",
		find: 'return [{ status: "dead", beat }, DEAD];',
		replace: 'return [{ status: "dead", beat }, NONE];',
	},
];

const CLIENT: readonly Omit<Mutation, "home">[] = [
	{
		name: "a stale link's end ends the current one",
		file: "client/links.ts",
		find: "if (this.#current === dialId) this.#current = null;",
		replace: "this.#current = null;",
		hint: 1_731,
	},
	{
		name: "a stale route's end ends the current one",
		file: "client/publisher.ts",
		find: "if (this.#route?.link !== link) return;",
		replace: "if (this.#route === null) return;",
	},
	{
		// SignalR #50409.
		name: "a flag set one message late: what comes with the welcome is dropped",
		file: "client/link.ts",
		find: 'if (frame.type === "welcome") this.#flush();',
		replace:
			'if (frame.type === "welcome") this.#isOver = true, queueMicrotask(() => (this.#isOver = false, this.#flush()));',
	},
	{
		name: "heads are ignored",
		file: "client/effects.ts",
		find: "heads: (shell, link, frame) => shell.subscriptions.headed(link.dialId, frame.heads),",
		replace: "heads: () => undefined,",
		hint: 2_053,
	},
	{
		name: "pings are not answered",
		file: "client/link.ts",
		find: 'this.send({ type: "pong", at: frame.at });',
		replace: "",
	},
	{
		name: "what is in storage is deleted when it is sent",
		file: "client/publisher.ts",
		find: "return this.#carrier.send(effect);",
		replace:
			"return void this.#store?.remove(effect.publishes as never), this.#carrier.send(effect);",
	},
	{
		name: "a publish leaves the outbox when it is sent, not when it is acknowledged",
		file: "client/publisher.ts",
		find: "return this.#carrier.send(effect);",
		replace: `this.#carrier.send(effect);
				for (const { id } of effect.publishes) {
					const position = { epoch: "", offset: 0 };
					const link = effect.route.link;
					queueMicrotask(() =>
						this.#machine.send({ type: "acknowledged", link, id, position, duplicate: false }),
					);
				}
				return;`,
	},
	{
		name: "a receipt is told before its record is deleted",
		file: "client/publisher.ts",
		find: "(this.#store?.remove(this.#promises.own(publishes)) ?? Promise.resolve())",
		replace: "Promise.resolve()",
	},
	{
		name: "publishes are sent before they are stored",
		file: "client/publisher.ts",
		find: "(this.#store?.write(this.#promises.own(publishes)) ?? Promise.resolve())",
		replace: "(void this.#store?.write(publishes), Promise.resolve())",
	},
	{
		name: "link numbers begin anew with each program",
		file: "client/outbox-store.ts",
		find: "{ ...this.queue, link: this.#reserved }",
		replace: "{ ...this.queue, link: 0 }",
	},
	{
		name: "a queue that was left behind is not read",
		file: "client/outbox-store.ts",
		find: "restore(await this.#load(this.#root));",
		replace: "await this.#load(this.#root);",
	},
	{
		name: "a lost HTTP publish leaves its route open",
		file: "client/polling.ts",
		find: "() => publisher.routeClosed(link),",
		replace: "() => undefined,",
	},
	{
		name: "a busy server is not asked again",
		file: "client/supervisor.ts",
		find: "const again = (): void => this.subscriptions.askAgain(link, channel);",
		replace: "const again = (): void => undefined;",
	},
	{
		name: "a publish over HTTP fences the link that is being dialled",
		file: "client/link-numbers.ts",
		find: "if (this.#hello === null) return this.#next(1);",
		replace: "if (this.#hello !== undefined) return this.#next(1);",
	},
	{
		name: "a token that was refused is kept",
		file: "client/token.ts",
		find: 'this.#forget("rejected");',
		replace: "",
	},
	{
		name: "a request has no deadline",
		file: "runtime/deadline.ts",
		find: "const timer = clock.setTimeout(late, ms, label);",
		replace: "const timer = clock.setTimeout(late, ms * 1e4, label);",
	},
	{
		name: "a fresh token is kept from the server",
		file: "client/links.ts",
		find: 'if (token !== null) (this.live ?? link).send({ type: "token", token });',
		replace: "void token;",
	},
	{
		name: "a socket that is given up stays open",
		file: "transport/websocket.ts",
		find: "if (socket.readyState === CLOSED) return;",
		replace: "if (socket.readyState !== CLOSED) return;",
	},
];

export const MUTATIONS: readonly Mutation[] = [
	...PURE.map((each) => ({ ...each, home: "pure" }) as const),
	...CLIENT.map((each) => ({ ...each, home: "client" }) as const),
	...SERVER.map((each) => ({ ...each, home: "server" }) as const),
];
