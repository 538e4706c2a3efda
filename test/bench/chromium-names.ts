/*
 * S19: how long a page goes on dialling the old address of a name whose record says TTL 1, and whether a new
 * label for each dial ends that. Chromium asks the system's resolver, which asks our DNS server in a mount
 * namespace with a resolv.conf of our own: for Linux, and for root.
 */
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chromium, type Page } from "playwright-core";
import { WebSocketServer } from "ws";
import type { Zone } from "../../playground/edge/dns/decide/contract.js";
import { startDnsServer } from "../../playground/edge/dns/server.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { findChromium } from "../support/chromium.js";
import { servePage } from "../support/page-server.js";
import { type Row, seconds } from "./table.js";

/** Resolvers know no other port. */
const DNS = { address: "127.0.53.19", port: 53 };
const NAME = "wss.test";
const [OLD, NEW] = ["127.0.1.19", "127.0.2.19"] as const;
const FLOOR_MS = 60_000;
const PATIENCE_MS = 150_000;

const zoneOf = (address: string): Zone => ({
	name: NAME,
	records: [
		{ name: "@", type: "NS", answers: [{ data: `ns.${NAME}` }] },
		{ name: "@", type: "A", ttl: 1, answers: [{ data: [address] }] },
		{ name: "*", type: "A", ttl: 1, answers: [{ data: [address] }] },
	],
});

interface Measured {
	readonly sameMs: number;
	readonly labelledMs: number;
}

export async function chromiumNames(): Promise<readonly Row[]> {
	const row = {
		id: "S19",
		raw: "the same: it is the browser's",
		required: "no promise below 60 s",
	};
	const what =
		"Chromium, a record with TTL 1 changed: the same name leads to the old address for; a new label, for";
	try {
		const { sameMs, labelledMs } = await measure();
		const holdfast = `${seconds(sameMs)}; ${seconds(labelledMs)}`;
		return [{ ...row, what, holdfast, isMet: labelledMs < FLOOR_MS }];
	} catch (reason) {
		const holdfast = `not measured: ${(reason as Error).message.split("\n")[0]}`;
		return [{ ...row, what, holdfast, isMet: false }];
	}
}

async function measure(): Promise<Measured> {
	const ends: (() => PromiseLike<unknown>)[] = [];
	try {
		const dns = await startDnsServer({ zones: [zoneOf(OLD)], ...DNS });
		ends.unshift(() => dns.stop());
		const old = await greeter(OLD, 0, "old");
		ends.unshift(old.stop);
		const fresh = await greeter(NEW, old.port, "new");
		ends.unshift(fresh.stop);
		const server = await servePage("client");
		ends.unshift(() => server[ASYNC_DISPOSE]());
		const folder = await mkdtemp(join(tmpdir(), "holdfast-names-"));
		ends.unshift(() => rm(folder, { recursive: true }));
		const browser = await chromium.launch(await namespaced(folder));
		ends.unshift(() => browser.close());
		const page = await browser.newPage();
		await page.goto(server.url);
		return await watch(page, old.port, () => dns.putZone(zoneOf(NEW)));
	} finally {
		for (const end of ends) await end();
	}
}

async function watch(page: Page, port: number, change: () => void): Promise<Measured> {
	const reached = (label: string): Promise<string> =>
		greeting(page, `ws://${label}${NAME}:${port}`);
	if ((await reached("")) !== "old") throw new Error("the page did not get where DNS leads.");
	change();
	const changedAt = performance.now();
	const since = (): number => performance.now() - changedAt;
	let labelledMs = Number.NaN;
	for (let dial = 0; since() < PATIENCE_MS; dial++) {
		if (Number.isNaN(labelledMs) && (await reached(`d${dial}.`)) === "new") labelledMs = since();
		if ((await reached("")) === "new") return { sameMs: since(), labelledMs };
		await delay(500);
	}
	throw new Error("the name never led to the new address.");
}

/** A WebSocket server whose first word says which it is. */
async function greeter(host: string, port: number, word: string) {
	const server = new WebSocketServer({ host, port });
	server.on("connection", (socket) => socket.send(word));
	await once(server, "listening");
	return {
		port: (server.address() as { readonly port: number }).port,
		stop: async () => {
			for (const socket of server.clients) socket.terminate();
			server.close();
		},
	};
}

const greeting = (page: Page, url: string): Promise<string> =>
	page.evaluate(
		(url) =>
			new Promise<string>((resolve) => {
				const socket = new WebSocket(url);
				socket.onmessage = ({ data }) => {
					resolve(String(data));
					socket.close();
				};
				socket.onclose = () => resolve("nowhere");
			}),
		url,
	);

/** A Chromium for which our server is the system's. */
async function namespaced(folder: string) {
	const { executablePath, env } = await findChromium();
	const [config, starter] = [join(folder, "resolv.conf"), join(folder, "chromium")];
	await writeFile(config, `nameserver ${DNS.address}\n`);
	const mount = `mount --bind '${config}' /etc/resolv.conf && exec '${executablePath}' "$@"`;
	await writeFile(
		starter,
		`#!/bin/sh\nexec unshare --mount sh -c '${mount.replaceAll("'", `'\\''`)}' sh "$@"\n`,
	);
	await chmod(starter, 0o755);
	return {
		executablePath: starter,
		env,
		args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
	};
}
