/* What the pages of browser tests run: an app with a client, and a record of what it saw. */

import type { Client } from "../../../src/client/client.js";
import { createClient } from "../../../src/client/create-client.js";
import type { ClientOptions } from "../../../src/client/options.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { IndexedDbStorage } from "../../../src/runtime/storage.js";

type Plain = Omit<ClientOptions, "getToken" | "runtime">;

export interface App {
	client: Client;
	/** Data of every message delivered. */
	readonly heard: unknown[];
	/** Status after each transition; of a loss, its cause's code. */
	readonly seen: string[];
	/** Data of publishes that a receipt calls stored, in the order of the receipts. */
	readonly stored: unknown[];
	/** What nobody caught. */
	readonly uncaught: string[];
	open(options: Plain, token: string): void;
	listen(channel: string): void;
	publish(channel: string, data: unknown): void;
	/** Records of publishes that lie in storage, of all tabs. */
	kept(): Promise<number>;
}

declare global {
	var app: App;
}

const uncaught: string[] = [];
addEventListener("error", ({ message }) => uncaught.push(message));
addEventListener("unhandledrejection", ({ reason }) => uncaught.push(String(reason)));

globalThis.app = {
	client: undefined as unknown as Client,
	heard: [],
	seen: [],
	stored: [],
	uncaught,
	open(options, token) {
		this.client = createClient({ ...options, getToken: async () => token });
		this.client.on("transition", ({ to }) =>
			this.seen.push(to.status === "reconnecting" ? to.cause.code : to.status),
		);
	},
	listen(channel) {
		this.client.subscribe(channel, ({ data }) => this.heard.push(data));
	},
	publish(channel, data) {
		this.client.publish(channel, data).then(
			({ status }) => status === "stored" && this.stored.push(data),
			({ code }) => this.uncaught.push(code),
		);
	},
	async kept() {
		const storage = new IndexedDbStorage({ clock: systemClock, logger: silentLogger });
		return (await storage.keys()).filter((key) => key.includes("/m/")).length;
	},
};
