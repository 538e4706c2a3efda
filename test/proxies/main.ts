/* `npm run proxies`: see HELP. */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Envoy } from "../../playground/edge/proxy/envoy/envoy.js";
import type { Haproxy } from "../../playground/edge/proxy/haproxy/haproxy.js";
import { arm } from "./arms.js";
import { brokenFile, churn } from "./churn.js";
import { type Manner, pileUp, slotsRunOut } from "./pile-up.js";
import { type Price, price } from "./price.js";
import { type Findings, toReport } from "./report.js";
import { sdkFleet } from "./sdk-fleet.js";
import { envoyWorld, haproxyWorld, type World } from "./world.js";

const HELP = `npm run proxies [-- [--short] [--write]]

Measures the real proxies on this machine, side by side: endpoint updates under live WebSockets, what a
socket costs and what its refusal does, HAProxy's reloads, and an Envoy replaced. About eight minutes.
Needs Envoy and HAProxy: npm run edge:install envoy haproxy

  --short   a tenth of everything, in two minutes
  --clients <n>  of the SDK, under whom an edge's Envoys are replaced; 200, or 30 in short
  --write   docs/reports/proxies.md, instead of printing it
`;

const { values } = parseArgs({
	options: {
		short: { type: "boolean" },
		write: { type: "boolean" },
		clients: { type: "string" },
		help: { type: "boolean" },
	},
});

const FULL = { churn: 200, sockets: 500, reloads: 55, held: 1_000, refusals: 3_000, fleet: 200 };
const SHORT = { churn: 20, sockets: 50, reloads: 6, held: 200, refusals: 600, fleet: 30 };
const EVERY_MS = 600;
const basis = values.short ? SHORT : FULL;
const size = { ...basis, fleet: Number(values.clients ?? basis.fleet) };
if (!(size.fleet >= 1)) throw new Error(`--clients ${values.clients} is no number of clients.`);

const say = (what: string): void => void process.stderr.write(`${what} …\n`);

async function priceIn(made: Promise<World<Envoy> | World<Haproxy>>): Promise<Price> {
	const world = await made;
	try {
		return await price(world, { sockets: size.held, refusals: size.refusals });
	} finally {
		await world.stop();
	}
}

async function measure(): Promise<Findings> {
	const { sockets, churn: updates, reloads, fleet } = size;
	const load = { sockets, updates, everyMs: EVERY_MS };
	say("endpoint updates, Envoy");
	const envoy = await envoyWorld(8);
	const envoyChurn = await churn(envoy, load);
	const broken = await brokenFile(envoy);
	await envoy.stop();
	say("endpoint updates, HAProxy by its runtime API");
	const runtime = await haproxyWorld(8);
	const runtimeChurn = await churn(runtime, load);
	await runtime.stop();
	say("endpoint updates, HAProxy by reloads");
	const reloading = await haproxyWorld(8);
	const reloadChurn = await churn(reloading, { ...load, updates: reloads }, "reload");
	await reloading.stop();
	say("what a WebSocket costs");
	const prices = {
		envoy: await priceIn(envoyWorld(2)),
		haproxy: await priceIn(haproxyWorld(2)),
		envoyPlain: await priceIn(envoyWorld(2, {}, "plain")),
		haproxyPlain: await priceIn(haproxyWorld(2, {}, "plain")),
	};
	const manners: readonly Manner[] = ["default", "max-reloads", "hard-stop"];
	const piles = [];
	for (const manner of manners) {
		say(`reloads of HAProxy, ${manner}`);
		piles.push(await pileUp(manner, { reloads: Math.min(10, reloads), sockets: 20 }));
	}
	say("places of HAProxy");
	const slots = await slotsRunOut(50);
	const arms = [];
	const shared = { sockets: 50, partWithinMs: 10_000 } as const;
	for (const way of ["handover", "hot-restart"] as const) {
		for (const goodbye of ["said", "unsaid"] as const) {
			say(`an Envoy replaced by ${way}, goodbye ${goodbye}`);
			arms.push(await arm({ ...shared, way, goodbye, fate: "lives" }));
		}
		say(`an Envoy replaced by ${way}, the old one dies`);
		arms.push(await arm({ ...shared, way, goodbye: "said", fate: "dies" }));
	}
	say("an edge's Envoys replaced under a fleet of the SDK's clients");
	const sdk = await sdkFleet(fleet);
	return { envoyChurn, runtimeChurn, reloadChurn, broken, prices, piles, slots, arms, sdk };
}

async function main(): Promise<void> {
	if (values.help) return void process.stdout.write(HELP);
	const [cpu] = cpus();
	const machine = `Node ${process.version}, ${cpus().length} × ${cpu?.model ?? "unknown processor"}`;
	const command = `npm run proxies -- ${values.short ? "--short " : ""}--write`;
	const text = toReport(await measure(), { machine, command });
	if (!values.write) return void process.stdout.write(text);
	await mkdir("docs/reports", { recursive: true });
	await writeFile("docs/reports/proxies.md", text);
}

await main();
