/* npm run bench:peers: what a user would pick instead, side by side in one run, at the vendors' defaults. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Panel, toBars } from "./bars.js";
import type { Measure } from "./measure.js";
import { MEASURES } from "./measures/measures.js";
import { compile } from "./peer-processes.js";
import { loadPeer, PEER_NAMES, type PeerName } from "./peers/names.js";
import { merge, toJson } from "./peers-json.js";
import { type Compared, median, numbers, text, toReport } from "./peers-report.js";
import { type Measured, sideBySide } from "./side-by-side.js";

const HELP = `
Holdfast beside what a user would pick instead, at the vendors' defaults, which the report states.

  npm run bench:peers -- [--only MEASURE,…] [--peers NAME,…] [--repeats K] [--report DIRECTORY] [--json]

  --only     of: ${MEASURES.map(({ name }) => name).join(", ")}
  --peers    of: ${PEER_NAMES.join(", ")}
  --repeats  default 3; all measures take some thirteen minutes each time
  --report   writes peers.md, peers.json and two charts into a directory; of a peers.json that is there, the
             measures that are not run now stay
  --json     prints what was measured as JSON, not as Markdown

nats needs nats-server: node scripts/nats-server.mjs gets it. Centrifuge runs against a small server of ours.
`.trim();

const { values } = parseArgs({
	options: {
		only: { type: "string" },
		peers: { type: "string" },
		repeats: { type: "string", default: "3" },
		report: { type: "string" },
		json: { type: "boolean", default: false },
		help: { type: "boolean", default: false },
	},
});
const CHARTS = {
	"peers-recovery.svg": {
		title: "Recovery: shorter is better",
		panels: [
			["outage-3", "p50"],
			["outage-30", "p50"],
			["failover-refused", "p50"],
			["failover-black-holed", "p50"],
			["half-open-idle", "p50"],
			["half-open-busy", "p50"],
			["loss", "down-lost"],
			["loss", "up-lost"],
		],
	},
	"peers-cost.svg": {
		title: "Cost: shorter is better",
		panels: [
			["size", "kB"],
			["heap", "heap"],
			["delivered", "cpu"],
			["coalesced", "cpu"],
			["first", "trips"],
			["crash", "attempts"],
		],
	},
} as const;

if (values.help) console.log(HELP);
else {
	const only = values.only?.split(",") ?? MEASURES.map(({ name }) => name);
	const peers = values.peers?.split(",") ?? PEER_NAMES;
	const unknown = [
		...only.filter((name) => !MEASURES.some((measure) => measure.name === name)),
		...peers.filter((name) => !(PEER_NAMES as readonly string[]).includes(name)),
	];
	const repeats = Number(values.repeats);
	if (unknown.length === 0 && Number.isInteger(repeats) && repeats > 0)
		await main(
			MEASURES.filter(({ name }) => only.includes(name)),
			PEER_NAMES.filter((name) => peers.includes(name)),
			repeats,
		);
	else {
		const wrong = unknown.length > 0 ? `Unknown: ${unknown.join(", ")}.` : "--repeats is a count.";
		console.error(`${wrong}\n\n${HELP}`);
		process.exitCode = 2;
	}
}

async function main(
	measures: readonly Measure[],
	peers: readonly PeerName[],
	repeats: number,
): Promise<void> {
	await compile();
	const compared = await Promise.all(peers.map(describe));
	const tell = (line: string): void => console.error(line);
	const newer = await sideBySide({ measures, peers, repeats, tell });
	const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`;
	if (values.report !== undefined) return write(values.report, newer, machine);
	console.log(
		values.json ? toJson(newer, compared, { machine }) : toReport(newer, compared, machine),
	);
}

async function write(directory: string, newer: Measured, machine: string): Promise<void> {
	const file = path.join(directory, "peers.json");
	const old = existsSync(file) ? readFileSync(file, "utf8") : null;
	const measured = merge(old, newer, MEASURES);
	const compared = await Promise.all(PEER_NAMES.map(describe));
	const charts = Object.entries(CHARTS).map(([name, { title, panels }]) => {
		const drawn = panels.flatMap((panel) => panelOf(panel, measured, compared));
		return [name, toBars(title, drawn)] as const;
	});
	const links = charts.map(([name]) => `![${name}](${name})`).join("\n\n");
	const report = toReport(measured, compared, machine);
	const withCharts = report.replace("## What was compared", `${links}\n\n## What was compared`);
	const json = toJson(measured, compared, { machine });
	mkdirSync(directory, { recursive: true });
	const files = [["peers.md", withCharts], ["peers.json", json], ...charts] as const;
	for (const [name, content] of files) {
		writeFileSync(path.join(directory, name), content);
		console.error(`wrote ${path.join(directory, name)}`);
	}
}

async function describe(name: PeerName): Promise<Compared> {
	const peer = await loadPeer(name);
	const versions = peer.packages.map((pack, at) =>
		at === 0 ? versionOf(pack) : `${pack} ${versionOf(pack)}`,
	);
	return { name, peer, versions: versions.join(", ") };
}

/** Not by its exports, which need not name it. */
function versionOf(pack: string): string {
	if (pack === "holdfast") return "this tree";
	const folders = createRequire(import.meta.url).resolve.paths(pack) ?? [];
	for (const folder of folders)
		try {
			const manifest = readFileSync(path.join(folder, pack, "package.json"), "utf8");
			return (JSON.parse(manifest) as { version: string }).version;
		} catch {
			// It is in another folder.
		}
	return "?";
}

function panelOf(
	[name, key]: readonly [string, string],
	measured: Measured,
	compared: readonly Compared[],
): readonly Panel[] {
	for (const [measure, results] of measured) {
		const figure = measure.figures.find((one) => one.key === key);
		if (measure.name !== name || figure === undefined) continue;
		const bars = compared.map(({ name: peer, peer: { name: title } }) => {
			const value = median(numbers(results.get(peer)?.[key]));
			return { name: title, value, label: text(figure, value), isOurs: peer === "holdfast" };
		});
		return [{ title: `${measure.title}, ${figure.title}`, bars }];
	}
	return [];
}
