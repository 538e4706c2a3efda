/* Texts that are almost right: valid frames with a few of their parts replaced, renamed or torn. */
import type { ClientFrame, ServerFrame } from "../../src/protocol/frames.js";

export const position = { epoch: "e1", offset: 7 };

/** Complete by type: a new frame does not compile until it has its sample here. */
export const SERVER_FRAMES: { readonly [T in ServerFrame["type"]]: ServerFrame & { type: T } } = {
	welcome: {
		type: "welcome",
		identity: "ann",
		heartbeatMs: 6_000,
		timeoutMs: 3_000,
		windowMs: 90_000,
		maxAgeMs: 0,
		maxFrameBytes: 65_536,
		tokenTtlMs: 3_600_000,
		dedupeMs: 600_000,
	},
	"token-accepted": { type: "token-accepted", tokenTtlMs: 3_600_000 },
	subscribed: {
		type: "subscribed",
		id: 1,
		channel: "room",
		start: position,
		position,
		recovered: true,
	},
	message: {
		type: "message",
		channel: "room",
		position,
		at: 1.7e12,
		from: "bob",
		id: "m",
		data: 1,
	},
	gap: { type: "gap", channel: "room", missed: 3, position },
	published: { type: "published", id: "m", position, duplicate: false },
	rejected: { type: "rejected", id: "m", code: "retry", retryAfterMs: 1_000 },
	heads: { type: "heads", heads: { room: position } },
	goodbye: {
		type: "goodbye",
		reason: "drain",
		deadlineMs: 60_000,
		windowMs: 30_000,
		endpoints: ["wss://b.example"],
	},
	ping: { type: "ping", at: 1 },
	pong: { type: "pong", at: 1 },
};

export const CLIENT_FRAMES: { readonly [T in ClientFrame["type"]]: ClientFrame & { type: T } } = {
	hello: {
		type: "hello",
		token: "t",
		class: "boot",
		client: "c",
		link: 1,
		name: "holdfast",
		version: "1.0.0",
		as: "ann",
		short: true,
	},
	subscribe: { type: "subscribe", id: 1, channel: "room", from: position },
	unsubscribe: { type: "unsubscribe", id: 1, channel: "room" },
	publish: { type: "publish", id: "m", channel: "room", data: { text: "hi" }, first: true },
	token: { type: "token", token: "t" },
	ping: { type: "ping", at: 1 },
	pong: { type: "pong", at: 1 },
};

/** JSON texts that some reader, somewhere, took for something else. */
const PARTS = [
	"null",
	"true",
	"false",
	"0",
	"-1",
	"-0",
	"0.5",
	"1e999",
	"-1e999",
	"9007199254740993",
	'"1"',
	'""',
	'"\\u0000"',
	'"\\ud800"',
	'"\ud800"',
	'"__proto__"',
	'"constructor"',
	'"prototype"',
	`"${"x".repeat(300)}"`,
	"[]",
	"{}",
	"[[[[[[]]]]]]",
	'{"last":3}',
	'{"last":1e9,"epoch":"a"}',
	'{"last":"x","epoch":"e","offset":1}',
	'{"epoch":"e","offset":1}',
	'{"epoch":"e","offset":1.5}',
	'{"__proto__":{"epoch":"e","offset":1}}',
	'{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
	'{"toString":1,"length":5,"0":{}}',
	'"message"',
	'"unknown"',
	'"earliest"',
];
const KEYS = [
	"__proto__",
	"constructor",
	"prototype",
	"type",
	"id",
	"from",
	"toString",
	"",
	"\\u0000",
];

/** A text taken apart at its tokens, once for all of its mutants. */
export function tokens(text: string): readonly string[] {
	return text.match(/"(?:[^"\\]|\\.)*"|[\d.]+|[a-z]+|[{}[\]:,]/g) ?? [];
}

/** The text with one to three changes; `random` is uniform in [0, 1). */
export function mutate(parts: readonly string[], random: () => number): string {
	const mutant = [...parts];
	for (let left = 1 + Math.floor(random() * 3); left > 0; left--) change(mutant, random);
	const text = mutant.join("");
	const kind = random();
	if (kind < 0.05) return `[${text},${pick(PARTS, random)}]`;
	if (kind < 0.1) return `[${text},${text}]`;
	const at = Math.floor(random() * text.length);
	if (kind < 0.13) return text.slice(0, at);
	if (kind > 0.16) return text;
	return text.slice(0, at) + String.fromCharCode(random() * 0x1_0000) + text.slice(at + 1);
}

function change(mutant: string[], random: () => number): void {
	const at = Math.floor(random() * mutant.length);
	const token = mutant[at];
	const isKey = mutant[at + 1] === ":";
	if (isKey && random() < 0.3) mutant[at] = `"${pick(KEYS, random)}"`;
	else if (isKey) mutant[at + 2] = pick(PARTS, random);
	else if (token === "{") mutant[at] = `{"${pick(KEYS, random)}":${pick(PARTS, random)},`;
	else if (token !== undefined && /^["\da-z]/.test(token)) mutant[at] = pick(PARTS, random);
}

function pick<T>(items: readonly T[], random: () => number): T {
	return items[Math.floor(random() * items.length)] as T;
}
