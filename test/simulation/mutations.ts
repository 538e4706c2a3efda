/*
 * Mistakes that this code could have been written with. Each is put into a copy of src/ by replacing
 * `find`, which must stand there exactly once; a simulation that lets one pass proves too little.
 */

export interface Mutation {
	readonly name: string;
	readonly home: "pure" | "client" | "server";
	readonly file: string;
	readonly find: string;
	readonly replace: string;
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
		find: "(this.#store?.remove(publishes) ?? Promise.resolve())",
		replace: "Promise.resolve()",
	},
	{
		name: "publishes are sent before they are stored",
		file: "client/publisher.ts",
		find: "(this.#store?.write(publishes) ?? Promise.resolve())",
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
		file: "client/publisher.ts",
		find: "if (this.#hello === null) return this.#nextLink(1);",
		replace: "if (this.#hello !== undefined) return this.#nextLink(1);",
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

const SERVER: readonly Omit<Mutation, "home">[] = [
	{
		name: "the log does not know an id again",
		file: "server/memory-channel.ts",
		find: "if (known !== undefined)",
		replace: "if (known === -1)",
	},
	{
		name: "the log has no fence",
		file: "server/memory-channel.ts",
		find: "return link < (this.#fences.get(scoped(from, client))?.link ?? link);",
		replace: "return false;",
	},
	{
		name: "a log that lost its tail goes on with its epoch",
		file: "server/memory-log.ts",
		find: "channel.restart(this.#epoch, lost)",
		replace: "channel.restart(channel.head().epoch, lost)",
	},
	{
		name: "the log reads one too far",
		file: "server/memory-channel.ts",
		find: "messages: this.#slice(from - base, from - base + limit),",
		replace: "messages: this.#slice(from - base + 1, from - base + 1 + limit),",
	},
	{
		name: "heads are not sent",
		file: "server/session.ts",
		find: "void this.#subscriptions.report();",
		replace: "",
	},
	{
		name: "a gap is not declared",
		file: "server/subscription.ts",
		find: "if (gap !== null) {",
		replace: "if (gap === undefined) {",
	},
	{
		name: "a replay begins one too late",
		file: "server/subscription.ts",
		find: "await this.#sendAll(messages);\n\t}\n\n\t#reject",
		replace: "await this.#sendAll(messages.slice(1));\n\t}\n\n\t#reject",
	},
	{
		name: "live messages are not gated by offset",
		file: "server/subscription.ts",
		find: "position.epoch === epoch && position.offset === offset + 1",
		replace: "position.epoch === epoch",
	},
	{
		// SignalR #55575: what another node brings is not counted, and the numbers diverge.
		name: "what the feed brings is not counted",
		file: "server/subscription.ts",
		find: "this.#position = position;\n\t\t\tthis.#wire.send(text);",
		replace: "this.#wire.send(text);",
	},
	{
		name: "a retryable rejection blocks nobody",
		file: "server/lane.ts",
		find: "this.#blockedBy = id;",
		replace: "",
	},
	{
		name: "a publish that failed is acknowledged",
		file: "server/lane.ts",
		find: "return this.#block(publish);\n\t\t}\n\t}",
		replace:
			'return { type: "published", id: publish.id, position: { epoch: "", offset: 0 }, duplicate: false };\n\t\t}\n\t}',
	},
	{
		name: "publishes of a link are handled at once, not one by one",
		file: "server/publisher.ts",
		find: "if (line.busySince === null) void this.#work(line);",
		replace: "void this.#work(line);",
	},
	{
		name: "what has left is sent again with the next batch",
		file: "server/outbound.ts",
		find: "const frames = this.#frames;\n\t\tthis.#frames = [];",
		replace: "const frames = [...this.#frames];\n\t\tthis.#frames = frames.slice(-1);",
	},
	{
		name: "a session does not end with its link",
		file: "server/link.ts",
		find: "this.#session?.end();",
		replace: "",
	},
	{
		name: "an HTTP request is handled from its end",
		file: "server/http-publish.ts",
		find: "for (const each of publishes) {",
		replace: "for (const each of [...publishes].reverse()) {",
	},
	{
		name: "what was forbidden is stored",
		file: "server/lane.ts",
		find: 'if (verdict === "denied") return this.#recall(message, publish);',
		replace: "",
	},
	{
		name: "a slow consumer is never closed",
		file: "server/outbound.ts",
		find: "this.#socket.bufferedBytes() + this.#queued > this.#limit)",
		replace: "this.#socket.bufferedBytes() + this.#queued > 1e9)",
	},
];

export const MUTATIONS: readonly Mutation[] = [
	...PURE.map((each) => ({ ...each, home: "pure" }) as const),
	...CLIENT.map((each) => ({ ...each, home: "client" }) as const),
	...SERVER.map((each) => ({ ...each, home: "server" }) as const),
];
