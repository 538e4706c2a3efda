import type { ServerFrame, ShortMessage } from "../../src/protocol/frames.js";

/** Short messages, said once more and without a line of the decoder. */
export function inFull(batch: readonly (ServerFrame | ShortMessage)[]): readonly ServerFrame[] {
	const frames: ServerFrame[] = [];
	for (const each of batch) {
		const before = frames.at(-1);
		if (!Array.isArray(each)) frames.push(each as ServerFrame);
		else if (before?.type !== "message" || before.position === null)
			throw new Error(`a short message after ${before?.type}`);
		else
			frames.push({
				...before,
				position: { ...before.position, offset: before.position.offset + 1 },
				id: each[0],
				data: each[1],
				at: each.length > 2 ? each[2] : before.at,
				from: each.length > 3 ? each[3] : before.from,
			});
	}
	return frames;
}
