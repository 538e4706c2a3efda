/* Tabs of a real Chromium, each with an app that has a client of a real edge. */
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import type { ClientOptions } from "../../src/client/options.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { launchChromium } from "../support/chromium.js";
import { type PageServer, servePage } from "../support/page-server.js";
import { BRISK, type RealEdge } from "../support/real-edge.js";
import { CANARY_TOKEN, inspectLog } from "../support/secrets.js";

export class Tabs {
	readonly #server: PageServer;
	readonly #context: BrowserContext;

	constructor(server: PageServer, context: BrowserContext) {
		this.#server = server;
		this.#context = context;
	}

	get url(): string {
		return this.#server.url;
	}

	/** A tab with the app, which has no client yet. */
	async visit(): Promise<Page> {
		const tab = await this.#context.newPage();
		tab.on("console", (message) => inspectLog(message.text()));
		await tab.goto(this.#server.url);
		await tab.waitForFunction(() => "app" in globalThis);
		return tab;
	}

	/** A tab whose app has a client of that edge and, if it is to listen, is subscribed. */
	async open(edge: RealEdge, options: Partial<ClientOptions> = {}): Promise<Page> {
		const tab = await this.visit();
		await openClient(tab, edge, options);
		return tab;
	}

	devtools(tab: Page): Promise<CDPSession> {
		return this.#context.newCDPSession(tab);
	}

	/** Goes to another page, and back. A page from the cache loads nothing, so "load" is not awaited. */
	async leave(tab: Page): Promise<void> {
		await tab.goto(`${this.#server.url}elsewhere`);
	}

	async comeBack(tab: Page): Promise<void> {
		await tab.goBack({ waitUntil: "commit" });
		await tab.waitForFunction(() => "app" in globalThis);
	}

	/** A headless shell has no back-forward cache, whatever it is asked. */
	async hasCache(): Promise<boolean> {
		const tab = await this.visit();
		await tab.evaluate(() => app.heard.push("before"));
		await this.leave(tab);
		await this.comeBack(tab);
		return tab.evaluate(() => app.heard.length > 0);
	}

	async closeAll(): Promise<void> {
		for (const tab of this.#context.pages()) await tab.close();
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		const browser = this.#context.browser();
		await this.#context.close();
		await browser?.close();
		await this.#server[ASYNC_DISPOSE]();
	}
}

export async function openTabs(): Promise<Tabs> {
	const server = await servePage("client");
	// Playwright does without the back-forward cache; users do not.
	const browser = await launchChromium({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
	return new Tabs(server, await browser.newContext());
}

export async function openClient(
	tab: Page,
	edge: RealEdge,
	options: Partial<ClientOptions> = {},
): Promise<void> {
	const { getToken: _, runtime: __, ...plain } = options;
	const all = {
		endpoints: edge.gateways.map(({ url }) => url),
		api: edge.api.httpUrl,
		...BRISK,
		...plain,
		reconnect: { ...BRISK.reconnect, ...plain.reconnect },
	};
	await tab.evaluate(([all, token]) => app.open(all as never, token), [all, CANARY_TOKEN] as const);
}

/** Resolves when the app's client has been connected since it last was anything else. */
export async function connected(tab: Page, role?: "primary" | "backup"): Promise<void> {
	await tab.waitForFunction((role) => {
		const state = app.client.connection.get();
		return state.status === "connected" && (role === undefined || state.role === role);
	}, role);
}

/** Listens to a channel, and resolves when the server has answered. */
export async function listen(tab: Page, channel: string): Promise<void> {
	await tab.evaluate(
		(channel) =>
			new Promise<void>((resolve) => {
				app.listen(channel);
				const { state } = app.client.subscribe(channel, () => undefined);
				const look = (): void => {
					if (state.get().status === "subscribed") resolve();
				};
				state.subscribe(look);
				look();
			}),
		channel,
	);
}

export const heard = (tab: Page): Promise<readonly unknown[]> => tab.evaluate(() => app.heard);
export const seen = (tab: Page): Promise<readonly string[]> => tab.evaluate(() => app.seen);
export const uncaught = (tab: Page): Promise<readonly string[]> => tab.evaluate(() => app.uncaught);

/** Kills the tab's process, as the system does when memory runs out. */
export async function crash(tab: Page): Promise<void> {
	const crashed = tab.waitForEvent("crash");
	await tab.goto("chrome://crash").catch(() => undefined);
	await crashed;
}
