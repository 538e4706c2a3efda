/*
 * What a decoder may return, said once more as data and without a line of the decoders: a check that
 * shared their code would share their mistakes. Ranges are those of docs/PROTOCOL.md, "Limits".
 */
type Check = (value: unknown) => boolean;

const MINUTES = 60_000;
const DAYS = 86_400_000;

const text =
	(min = 0, max = Number.POSITIVE_INFINITY): Check =>
	(value) =>
		typeof value === "string" && value.length >= min && value.length <= max;
const oneOf =
	(...values: readonly unknown[]): Check =>
	(value) =>
		values.includes(value);
const between =
	(min: number, max: number): Check =>
	(value) =>
		typeof value === "number" && value >= min && value <= max;
const integer: Check = (value) => Number.isInteger(value) && between(0, 2 ** 53 - 1)(value);
const finite: Check = (value) => typeof value === "number" && Number.isFinite(value);
const either =
	(...checks: readonly Check[]): Check =>
	(value) =>
		checks.some((check) => check(value));
const optional = (check: Check): Check => either(oneOf(undefined), check);
const list =
	(check: Check, max = Number.POSITIVE_INFINITY): Check =>
	(value) =>
		Array.isArray(value) && value.length <= max && value.every(check);
const plain = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" &&
	value !== null &&
	!Array.isArray(value) &&
	Object.getPrototypeOf(value) === Object.prototype;
/** Own fields only: one that came by way of a prototype is none. */
const fields =
	(shape: Readonly<Record<string, Check>>): Check =>
	(value) =>
		plain(value) &&
		Object.entries(shape).every(([key, check]) =>
			check(Object.hasOwn(value, key) ? value[key] : undefined),
		);
const only =
	(shape: Readonly<Record<string, Check>>): Check =>
	(value) =>
		fields(shape)(value) && Object.keys(value as object).every((key) => Object.hasOwn(shape, key));
const record =
	(key: Check, check: Check): Check =>
	(value) =>
		plain(value) && Object.entries(value).every(([name, each]) => key(name) && check(each));
const any: Check = () => true;

const wait = between(0, 10 * MINUTES);
const age = between(0, 7 * DAYS);
const beat = between(50, 10 * MINUTES);
const position = fields({ epoch: text(), offset: integer });
const channel = text(1, 256);
const id = text(1, 128);
const mark = oneOf(undefined, true);
const start = either(
	oneOf(null, "earliest"),
	only({ last: between(0, 10_000) }),
	only({ epoch: text(0, 128), offset: integer }),
);
const ping = fields({ type: oneOf("ping", "pong"), at: finite });

export const messageFrame = fields({
	type: oneOf("message"),
	channel: text(),
	position: either(oneOf(null), position),
	at: finite,
	from: either(oneOf(null), text()),
	id: text(),
	data: any,
});
const published = fields({
	type: oneOf("published"),
	id: text(),
	position,
	duplicate: oneOf(true, false),
});
const rejected = fields({
	type: oneOf("rejected"),
	id: either(text(), integer),
	code: oneOf("retry", "forbidden", "too-large", "invalid"),
	retryAfterMs: optional(wait),
});

export const serverFrame = either(
	messageFrame,
	published,
	rejected,
	ping,
	fields({
		type: oneOf("welcome"),
		identity: text(),
		heartbeatMs: beat,
		timeoutMs: beat,
		windowMs: wait,
		maxAgeMs: age,
		maxFrameBytes: between(1_024, 16 * 1_048_576),
		tokenTtlMs: age,
		dedupeMs: age,
	}),
	fields({ type: oneOf("token-accepted"), tokenTtlMs: age }),
	fields({
		type: oneOf("subscribed"),
		id: integer,
		channel: text(),
		start: position,
		position,
		recovered: oneOf(true, false),
	}),
	fields({
		type: oneOf("gap"),
		channel: text(),
		missed: either(oneOf("unknown"), integer),
		position,
	}),
	fields({ type: oneOf("heads"), heads: record(text(), position) }),
	fields({
		type: oneOf("goodbye"),
		reason: oneOf("drain", "refresh", "overload"),
		deadlineMs: wait,
		windowMs: wait,
		endpoints: optional(list(text())),
	}),
);

const publish = { id, channel, first: mark, ephemeral: mark, data: any };

export const clientFrame = either(
	ping,
	fields({
		type: oneOf("hello"),
		token: either(oneOf(null), text(0, 8_192)),
		class: oneOf("boot", "resume"),
		client: text(0, 128),
		link: integer,
		name: text(0, 128),
		version: text(0, 128),
		as: optional(text(0, 256)),
		short: mark,
	}),
	fields({ type: oneOf("subscribe"), id: integer, channel, from: start }),
	fields({ type: oneOf("unsubscribe"), id: integer, channel }),
	fields({ type: oneOf("publish"), ...publish }),
	fields({ type: oneOf("token"), token: text(0, 8_192) }),
);

export const serverMessage = list(serverFrame, 1_024);
export const clientMessage = list(clientFrame, 1_024);
export const pollRequest = fields({
	channels: record(channel, fields({ id: integer, from: start })),
	waitMs: between(0, 30_000),
	peek: mark,
	as: optional(text(0, 256)),
});
export const pollResponse = fields({
	identity: text(),
	frames: list(serverFrame),
	pollAfterMs: wait,
	windowMs: wait,
	dedupeMs: age,
	realtime: oneOf("up", "down"),
});
export const publishRequest = fields({
	client: text(0, 128),
	link: integer,
	as: optional(text(0, 256)),
	publishes: list(fields(publish), 16),
});
export const publishResponse = fields({
	results: list(either(published, rejected)),
	dedupeMs: age,
});
export const historyResponse = fields({ messages: list(messageFrame) });
