import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeClientMessage, decodePollRequest } from "../../src/protocol/decode-client.js";
import { decodePollResponse, decodeServerMessage } from "../../src/protocol/decode-server.js";
import { FRAME_BYTES, MAX_FRAMES, SERVER_TEXT } from "../../src/protocol/limits.js";
import { CLIENT_FRAMES, SERVER_FRAMES } from "./mutants.js";

const TEXT = readFileSync(new URL("../../docs/PROTOCOL.md", import.meta.url), "utf8");
const LIMITS = { maxLength: FRAME_BYTES, maxFrames: MAX_FRAMES };

/** What stands under a heading, up to the next one of its rank. */
function section(title: string): string {
	const [, after = ""] = TEXT.split(new RegExp(`^### ${title}$`, "m"));
	return after.split(/^##/m)[0] ?? "";
}

const frames = Object.values({ ...SERVER_FRAMES, ...CLIENT_FRAMES }).filter(
	({ type }) => type !== "ping" && type !== "pong",
);

describe("docs/PROTOCOL.md", () => {
	it.each(frames.map((frame) => [frame.type, frame] as const))(
		"has a section on %s that names each of its fields",
		(type, frame) => {
			const rows = section(type)
				.split("\n")
				.filter((line) => line.startsWith("|"));
			const named = rows.flatMap((row) => row.split("|")[1]?.match(/\w+/g) ?? []);
			for (const field of Object.keys(frame)) expect(named).toContain(field);
		},
	);

	it("has an example that both decoders take as it stands", () => {
		const [, conversation = ""] = TEXT.split("## A conversation");
		const blocks = [...conversation.matchAll(/^```\n([\s\S]*?)^```/gm)].map(
			([, block = ""]) => block,
		);
		const turns = blocks.flatMap((block) => block.split(/^(?=[<>(])| {2}(?=\()/m));
		const whole = turns.filter((turn) => /^[<>]/.test(turn) && !/…[,}]/.test(turn));
		const taken = whole.map((turn) => take(turn.slice(2).trim()));
		expect(taken.filter((count) => count > 0)).toHaveLength(whole.length);
		expect(whole.length).toBeGreaterThan(6);

		function take(text: string): number {
			const body = text.slice(text.indexOf("{"));
			if (text.startsWith("POST"))
				return Object.keys(decodePollRequest(body, LIMITS).channels).length;
			if (text.startsWith("200")) return decodePollResponse(body, SERVER_TEXT).frames.length;
			return (
				decodeClientMessage(text, LIMITS).length + decodeServerMessage(text, SERVER_TEXT).length
			);
		}
	});
});
