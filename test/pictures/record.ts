/*
 * `npm run playground:record`: the story of a region that fails, as the page tells it, as an animated GIF in
 * `docs/images/`. A picture after the other for as long as it lasts, each shown for as long as it was so.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { PNG } from "pngjs";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { Playground } from "../support/playground.js";
import { animate, type Frame } from "./animate.js";

const FILE = fileURLToPath(new URL("../../docs/images/region-fails.gif", import.meta.url));
const SIZE = { width: 1280, height: 800 };
const CLIENTS = 120;
const END_MS = 4_000;
/** What is not there sooner has gone wrong. */
const LONGEST_MS = 120_000;
const MOST_BYTES = 1_500_000;

async function record(page: Page): Promise<readonly Frame[]> {
	const frames: Frame[] = [];
	const caption = page.getByTestId("caption");
	const beganAt = performance.now();
	for (let isOver = false; !isOver; ) {
		if (performance.now() - beganAt > LONGEST_MS) throw new Error("The story does not end.");
		isOver = (await caption.getAttribute("data-is")) === "over";
		const takenAt = performance.now();
		const { data } = PNG.sync.read(await page.screenshot());
		// Two a second are enough to follow it, and half as many bytes as four.
		await page.waitForTimeout(Math.max(0, 500 - (performance.now() - takenAt)));
		frames.push({ data, shownMs: isOver ? END_MS : performance.now() - takenAt });
	}
	return frames;
}

const playground = await Playground.start(CLIENTS);
try {
	const { page } = await playground.open("theme=light");
	await page.getByTestId("messages-ada").first().getByTestId("message").nth(3).waitFor();
	await page.getByTestId("story-start").click();
	const frames = await record(page);
	const words = await page.getByTestId("caption").textContent();
	if (!/^It held: /.test(words ?? "")) throw new Error(`The story failed: ${words}`);
	const gif = animate(frames, SIZE);
	if (gif.length > MOST_BYTES) throw new Error(`Too large: ${gif.length} bytes`);
	await writeFile(FILE, gif);
	process.stdout.write(`${words}\n${FILE}: ${frames.length} frames, ${gif.length} bytes\n`);
} finally {
	await playground[ASYNC_DISPOSE]();
}
process.exit(0);
