/* The findings as a document. Pure. */
import { table } from "../support/table.js";
import type { Arm } from "./arms.js";
import type { Broken, Churn } from "./churn.js";
import type { Manner, PileUp, SlotsRun } from "./pile-up.js";
import { MAX_RELOADS } from "./pile-up.js";
import type { Price } from "./price.js";
import type { SdkFleet } from "./sdk-fleet.js";

export interface Findings {
	readonly envoyChurn: Churn;
	readonly runtimeChurn: Churn;
	readonly reloadChurn: Churn;
	readonly broken: Broken;
	readonly prices: Readonly<Record<"envoy" | "haproxy" | "envoyPlain" | "haproxyPlain", Price>>;
	readonly piles: readonly PileUp[];
	readonly slots: SlotsRun;
	readonly arms: readonly Arm[];
	readonly sdk: SdkFleet;
}

export interface About {
	readonly machine: string;
	readonly command: string;
}

const ms = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));

const MANNERS: Readonly<Record<Manner, string>> = {
	default: "as it comes",
	"max-reloads": `\`mworker-max-reloads ${MAX_RELOADS}\``,
	"hard-stop": "`hard-stop-after 2s`",
};

export function toReport(findings: Findings, { machine, command }: About): string {
	return `# Envoy and HAProxy, side by side

Written by \`${command}\`. ${machine}.
Proxies, gateways and clients share it, on loopback, one worker and one thread each. Single runs, on a
machine that may have other work: trust counts and ratios, not milliseconds.

## Endpoints that come and go (E7)

${churns(findings)}

Newcomers dial ten times a second meanwhile. A broken endpoint file was reported after
${ms(findings.broken.reportedAfterMs)} ms, and newcomers were ${findings.broken.isServed ? "" : "not "}served by the last good list.

## What a WebSocket costs

${prices(findings)}

${comparison(findings)}

## Reloads under live WebSockets (E8)

Each reload follows 20 new sockets; newcomers dial ten times a second. (Above, all live sockets came before the first
reload: one old worker held them all.)

${piles(findings)}

Envoy's endpoint updates above reload nothing. HAProxy's runtime API needs no reload either, until its places run out:
${slots(findings.slots)}

## A new Envoy for a running one (E9)

${arms(findings.arms)}

Newcomers dial fifty times a second. "Refused" holds whatever kept one of them out. Who was cut comes back on its own;
"back" is the time until all are. A parent that dies takes the child of a hot restart along: then
a fresh one takes over from that child while it still serves. A hot restart takes its whole time, since a parent ends
only when that is over.

With the SDK's clients, ${findings.sdk.clients} of them, all ${findings.sdk.replaced} Envoys of the edge replaced at once by handover:
lost ${findings.sdk.lost}, repeated ${findings.sdk.repeated}, out of order ${findings.sdk.outOfOrder}, of ${findings.sdk.delivered} delivered; sockets never fewer than ${findings.sdk.fewest};
${findings.sdk.connected} connected at the end, ${ms(findings.sdk.tookMs / 1_000)} s after the order.
`;
}

function churns({ envoyChurn, runtimeChurn, reloadChurn }: Findings): string {
	const row = (name: string, run: Churn) => [
		name,
		run.updates,
		run.sockets,
		run.processes,
		run.dropped,
		`${run.refused} of ${run.newcomers}`,
		`${ms(run.convergeP50Ms)} / ${ms(run.convergeP99Ms)} / ${ms(run.convergeMaxMs)}`,
	];
	return table(
		[
			"",
			"updates",
			"live",
			"most processes",
			"dropped",
			"newcomers refused",
			"ms until known, p50 / p99 / max",
		],
		[
			row("Envoy, by file", envoyChurn),
			row("HAProxy, by runtime API", runtimeChurn),
			row("HAProxy, by reload", reloadChurn),
		],
	);
}

function prices({ prices: { envoy, haproxy, envoyPlain, haproxyPlain } }: Findings): string {
	const row = (name: string, price: Price) => [
		name,
		price.setupCpuMs.toFixed(2),
		price.heldKb.toFixed(1),
		price.refusedCpuMs.toFixed(3),
		price.ratio.toFixed(3),
		price.slipped,
		price.dropped,
	];
	return table(
		[
			"",
			"CPU ms a setup",
			"KB held",
			"CPU ms a refusal",
			"refusal ÷ setup",
			"slipped in",
			"live ones cut",
		],
		[
			row("Envoy, TLS", envoy),
			row("HAProxy, TLS", haproxy),
			row("Envoy, plain", envoyPlain),
			row("HAProxy, plain", haproxyPlain),
		],
	);
}

function comparison({ prices: { envoy, haproxy, envoyPlain, haproxyPlain } }: Findings): string {
	const times = (a: number, b: number): string => (a / b).toFixed(1);
	const memory = `${times(envoyPlain.heldKb, haproxyPlain.heldKb)} times the memory of HAProxy for a plain WebSocket`;
	const cpu = `${times(envoyPlain.setupCpuMs, haproxyPlain.setupCpuMs)} times its CPU to set one up`;
	return `Here HAProxy is ahead: Envoy takes ${memory}, and ${cpu}.
Over TLS it is ${times(envoy.heldKb, haproxy.heldKb)} and ${times(envoy.setupCpuMs, haproxy.setupCpuMs)} times: TLS costs both most. To refuse before it costs about as much in both.`;
}

const piles = ({ piles: all }: Findings): string =>
	table(
		["HAProxy", "reloads", "workers", "RSS / PSS MB", "live", "cut", "newcomers refused"],
		all.map((run) => [
			MANNERS[run.manner],
			run.reloads,
			run.workers,
			`${run.rssMb.toFixed(0)} / ${run.pssMb.toFixed(0)}`,
			run.live,
			run.dropped,
			`${run.refused} of ${run.newcomers}`,
		]),
	);

const slots = ({ slots: count, wanted, left, refused, tried, said }: SlotsRun): string =>
	`${count} places and ${wanted} endpoints left ${left} out ("${said}"); when those that had a place went, ${refused} of ${tried} newcomers
got 503, though ${left} endpoints were well.`;

const arms = (all: readonly Arm[]): string =>
	table(
		[
			"way",
			"goodbye",
			"the old one",
			"moved cleanly",
			"cut",
			"newcomers refused",
			"back",
			"took",
			"processes",
			"PSS MB",
		],
		all.map((run) => [
			run.way,
			run.goodbye,
			run.fate === "dies" ? "is killed" : "lives",
			run.clean,
			run.abnormal,
			`${run.refused} of ${run.newcomers}`,
			run.backWithinMs === null ? "" : `${ms(run.backWithinMs / 1_000)} s`,
			`${ms(run.tookMs / 1_000)} s`,
			run.mostProcesses,
			run.mostPssMb.toFixed(0),
		]),
	);
