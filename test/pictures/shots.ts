/*
 * `npm run playground:shots`: the page's main states, light and dark, wide and narrow, into `.tmp/shots/`;
 * with `--docs` also those that the README shows, into `docs/images/`. To be looked at.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { Playground } from "../support/playground.js";
import { flawsOf, lose, STATES } from "./states.js";

const folder = (path: string): string => fileURLToPath(new URL(`../../${path}/`, import.meta.url));
const SHOTS = folder(".tmp/shots");
const IMAGES = folder("docs/images");
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
/** What is on its way has arrived. */
const STILL = { animations: "disabled" } as const;
/** State and theme → its name in the README. */
const IN_DOCS: Readonly<Record<string, string>> = {
	"region-down-light": "playground-light.png",
	"region-down-dark": "playground-dark.png",
};

const isForDocs = process.argv.includes("--docs");
const problems: string[] = [];

async function shoot(page: Page, name: string): Promise<void> {
	await page.screenshot({ path: `${SHOTS}${name}-wide.png`, ...STILL });
	const image = IN_DOCS[name];
	if (isForDocs && image !== undefined)
		await page.screenshot({ path: `${IMAGES}${image}`, ...STILL });
	await page.setViewportSize(NARROW);
	await page.screenshot({ path: `${SHOTS}${name}-narrow.png`, ...STILL });
	await page.screenshot({ path: `${SHOTS}${name}-narrow-whole.png`, fullPage: true, ...STILL });
	await examine(page, `${name}, narrow`);
	await page.setViewportSize(WIDE);
	await examine(page, `${name}, wide`);
}

async function examine(page: Page, name: string): Promise<void> {
	problems.push(...(await flawsOf(page)).map((flaw) => `${name}: ${flaw}`));
}

async function shootBoth(page: Page, name: string): Promise<void> {
	for (const theme of ["light", "dark"] as const) {
		await page.emulateMedia({ colorScheme: theme });
		await shoot(page, `${name}-${theme}`);
	}
}

await mkdir(SHOTS, { recursive: true });
await mkdir(IMAGES, { recursive: true });
const playground = await Playground.start(120);
try {
	for (const { name, query, reach } of STATES) {
		const { page, context, complaints } = await playground.open(query ?? "");
		await reach(page, playground);
		await shootBoth(page, name);
		problems.push(...complaints.map((words) => `${name}: ${words}`));
		await context.close();
		await playground.heal();
		process.stdout.write(`${name}\n`);
	}
	const { page, context } = await playground.open("");
	await lose(page, playground);
	await shootBoth(page, "lost");
	await context.close();
	process.stdout.write(`lost\n${SHOTS}\n`);
} finally {
	await playground[ASYNC_DISPOSE]();
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exit(problems.length > 0 ? 1 : 0);
