/* The playground's page in a browser: how it is started, opened, and worked. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { ControlClient } from "../../playground/edge/control/client.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { launchChromium } from "./chromium.js";
import { type Program, start } from "./program.js";
import { until } from "./until.js";

export const PATIENCE_MS = 60_000;
export const TEST_MS = 180_000;
/** What a browser says of itself when a server is gone, which is what these tests are about. */
const OUTAGE = /WebSocket connection to|ERR_|blocked by CORS policy|responded with a status of 503/;

const UNDER_WAY_MS = 3_000;

export const PEOPLE = ["ada", "lin"] as const;
export type Who = (typeof PEOPLE)[number];

export interface Opened {
	readonly page: Page;
	readonly context: BrowserContext;
	/** Errors, React's warnings, breaches of the policy. */
	readonly complaints: readonly string[];
}

/** The program as a person starts it, and a browser. */
export class Playground {
	readonly program: Program;
	readonly url: string;
	readonly control: ControlClient;
	readonly #browser: Browser;

	private constructor(program: Program, browser: Browser, [url, api, token]: readonly string[]) {
		this.program = program;
		this.#browser = browser;
		this.url = url ?? "";
		this.control = new ControlClient({ url: api ?? "", token: token ?? "" });
	}

	static async start(
		clients: number,
		environment = {},
		more: readonly string[] = [],
	): Promise<Playground> {
		const args = ["playground/main.ts", "--port", "0", "--clients", String(clients), ...more];
		const program = start(args, environment);
		const [url] = await program.says(/http:\/\/localhost:\d+\//, 120_000);
		const [, api = "", token = ""] = await program.says(
			/control API +(\S+), X-Playground-Token: (\S+)/,
		);
		return new Playground(program, await launchChromium(), [url, api, token]);
	}

	/** Connected. Nobody talks by himself, unless the query has it so: what is said, a test has said. */
	async open(query = "talk=off", options: BrowserContextOptions = {}): Promise<Opened> {
		const viewport = { width: 1280, height: 800 };
		const context = await this.#browser.newContext({ viewport, locale: "en-US", ...options });
		const page = await context.newPage();
		page.setDefaultTimeout(PATIENCE_MS);
		const complaints: string[] = [];
		page.on("pageerror", ({ message }) => complaints.push(message));
		page.on("console", (message) => {
			const isComplaint = ["error", "warning"].includes(message.type());
			if (isComplaint && !OUTAGE.test(message.text())) complaints.push(message.text());
		});
		await page.goto(`${this.url}?${query}`);
		await bothConnected(page);
		return { page, context, complaints };
	}

	/** What a test broke is whole for the next one, whatever became of it. */
	async heal(): Promise<void> {
		await this.control.act({ do: "heal" });
		const isWhole = async (): Promise<boolean> => {
			const { fleet, pops, ledger } = await this.control.state();
			const { primary, backup } = fleet.connected;
			return (
				primary + backup === fleet.clients &&
				// The fleet goes on talking: something is always under way, but nothing for long.
				ledger.oldestPendingMs < UNDER_WAY_MS &&
				pops.every(({ health, dns }) => health.ok && dns.up)
			);
		};
		await until(isWhole, "the edge to be whole again", PATIENCE_MS);
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		await this.#browser.close();
		await this.program[ASYNC_DISPOSE]();
	}
}

export async function bothConnected(page: Page): Promise<void> {
	for (const who of PEOPLE) await whereabouts(page, who, /connected to the/);
}

export const whereabouts = (page: Page, who: Who, words: RegExp): Promise<void> =>
	page.getByTestId(`whereabouts-${who}`).filter({ hasText: words }).waitFor();

export const sees = (page: Page, who: Who, words: string): Promise<void> =>
	page.getByTestId(`chat-${who}`).getByTestId("message").getByText(words).waitFor();

export async function bothSee(page: Page, words: string): Promise<void> {
	for (const who of PEOPLE) await sees(page, who, words);
}

export async function say(page: Page, who: Who, words: string): Promise<void> {
	await page.fill(`#text-${who}`, words);
	await page.press(`#text-${who}`, "Enter");
}

export async function turn(page: Page, part: string, verb: string): Promise<void> {
	await page.getByTestId(`part-${part}`).click();
	await page.getByTestId(`verb-${verb}`).click();
}

export const banner = (page: Page, who: Who) => page.getByTestId(`banner-${who}`);

/** Resolves when it does; rejects with what it says instead, and where she is. */
export async function bannerSays(page: Page, who: Who, words: string): Promise<void> {
	await banner(page, who)
		.getByText(words)
		.waitFor()
		.catch(async () => {
			const said = await banner(page, who).textContent();
			const where = await page.getByTestId(`whereabouts-${who}`).textContent();
			throw new Error(`"${words}" never came: the banner says "${said}", the map "${where}"`);
		});
}

export const CLEAN = /^0 lost · 0 repeated · 0 out of order · [\d,]+ delivered$/;
export const ledger = async (page: Page): Promise<string> =>
	(await page.getByTestId("ledger").locator(".unseen").first().textContent()) ?? "";
