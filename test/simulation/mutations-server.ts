/* Mistakes in the server half: see mutations.ts. */
import type { Mutation } from "./mutations.js";

export const SERVER: readonly Omit<Mutation, "home">[] = [
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
		hint: 5_314,
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
		find: "this.#position = position;\n\t\t\tthis.#wire.sendMessage(message);",
		replace: "this.#wire.sendMessage(message);",
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
	{
		name: "a short message follows one of another channel",
		file: "server/outbound.ts",
		find: "before.channel !== after.channel",
		replace: "false",
	},
	{
		name: "a short message follows one that has left",
		file: "server/outbound.ts",
		find: "this.#frames.length > 0 ? message : null;",
		replace: "message;",
	},
];
