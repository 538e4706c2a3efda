import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRealtimeError } from "../../src/errors/realtime-error.js";
import {
	decodeClientMessage,
	decodePollRequest,
	decodePublishRequest,
} from "../../src/protocol/decode-client.js";
import {
	decodeHistory,
	decodePollResponse,
	decodePublishResponse,
	decodeServerMessage,
} from "../../src/protocol/decode-server.js";
import { SERVER_TEXT, type TextLimits } from "../../src/protocol/limits.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { CLIENT_FRAMES, mutate, position, SERVER_FRAMES, tokens } from "./mutants.js";
import * as wire from "./wire-checker.js";

const MUTANTS = 200_000;
const PER_RUN = 200;
const ARBITRARY = 10_000;

interface Decoder {
	readonly decode: (text: string, limits: TextLimits) => unknown;
	readonly isWellFormed: (value: unknown) => boolean;
	readonly samples: readonly string[];
}

const server = Object.values(SERVER_FRAMES);
const client = Object.values(CLIENT_FRAMES);
const ask = { id: 1, from: position };
const { message, published, rejected } = SERVER_FRAMES;
const { type: _, ...publish } = CLIENT_FRAMES.publish;
const polled = { identity: "ann", pollAfterMs: 5_000, windowMs: 0, dedupeMs: 1, realtime: "up" };

const DECODERS: Record<string, Decoder> = {
	"messages of a server": {
		decode: decodeServerMessage,
		isWellFormed: wire.serverMessage,
		samples: [...server, server, [message, ["x", 1], ["y", {}, 5, "ann"]]].map((sample) =>
			JSON.stringify(sample),
		),
	},
	"messages of a client": {
		decode: decodeClientMessage,
		isWellFormed: wire.clientMessage,
		samples: [...client, client].map((sample) => JSON.stringify(sample)),
	},
	"poll requests": {
		decode: decodePollRequest,
		isWellFormed: wire.pollRequest,
		samples: [
			JSON.stringify({
				channels: { room: ask, hall: { id: 2, from: null } },
				waitMs: 0,
				peek: true,
			}),
			JSON.stringify({ channels: { room: { id: 1, from: { last: 5 } } }, waitMs: 25_000, as: "a" }),
		],
	},
	"poll answers": {
		decode: decodePollResponse,
		isWellFormed: wire.pollResponse,
		samples: server.map((frame) => JSON.stringify({ ...polled, frames: [frame] })),
	},
	"publish requests": {
		decode: decodePublishRequest,
		isWellFormed: wire.publishRequest,
		samples: [JSON.stringify({ client: "c", link: 3, as: "ann", publishes: [publish, publish] })],
	},
	"publish answers": {
		decode: decodePublishResponse,
		isWellFormed: wire.publishResponse,
		samples: [JSON.stringify({ results: [published, rejected, message], dedupeMs: 600_000 })],
	},
	"history answers": {
		decode: decodeHistory,
		isWellFormed: wire.historyResponse,
		samples: [JSON.stringify({ messages: [message, { ...message, position: null }, published] })],
	},
};

// Most inputs are refused: without their stacks it takes a third of the time.
Error.stackTraceLimit = 0;
const prototype = JSON.stringify(Object.getOwnPropertyDescriptors(Object.prototype));

describe.each(Object.entries(DECODERS))("%s", (_name, decoder) => {
	it("end as what their type says or as a RealtimeError, however they are mutated", () => {
		const told = { accepted: 0, refused: 0 };
		const samples = decoder.samples.map(tokens);
		const property = fc.property(fc.integer(), (seed) => {
			const random = seededRandom(seed);
			for (let left = PER_RUN; left > 0; left--) {
				const sample = samples[left % samples.length] as readonly string[];
				told[outcomeOf(decoder, mutate(sample, random))]++;
			}
			expect(JSON.stringify(Object.getOwnPropertyDescriptors(Object.prototype))).toBe(prototype);
		});
		fc.assert(property, { numRuns: MUTANTS / PER_RUN, seed: 17 });
		// Mutants that all failed, or all passed, would have shown nothing.
		expect(Math.min(told.accepted, told.refused)).toBeGreaterThan(MUTANTS / 20);
	});

	it("end so for any JSON and for any string", () => {
		const anything = fc.oneof(
			fc.json({ maxDepth: 3 }),
			fc.string({ unit: "binary", maxLength: 40 }),
			fc.string({
				unit: fc.constantFrom("{", "}", "[", "]", '"', ":", ",", "\\", "\0", "\ud800", "1", "e"),
			}),
		);
		const property = fc.property(anything, (text) => {
			outcomeOf(decoder, text);
		});
		fc.assert(property, { numRuns: ARBITRARY, seed: 18 });
	});
});

function outcomeOf({ decode, isWellFormed }: Decoder, text: string): "accepted" | "refused" {
	let value: unknown;
	try {
		value = decode(text, SERVER_TEXT);
	} catch (reason) {
		if (isRealtimeError(reason) && reason.code === "protocol-violation") return "refused";
		throw new Error(`threw ${String(reason)} at ${JSON.stringify(text)}`);
	}
	if (!isWellFormed(value)) throw new Error(`took ${JSON.stringify(text)}`);
	return "accepted";
}
