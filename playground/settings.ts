/* The command line, checked. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { PROXIES, type ProxyKind } from "./edge/config.js";
import { LOG_KINDS, type LogKind } from "./edge/log/log-store.js";

export interface Settings {
	/** Of the page; the front for browsers and the control API take the two after it. 0: any that are free. */
	readonly port: number;
	/** Of each PoP. */
	readonly proxy: ProxyKind;
	/** Beside it, to migrate to; null: none but what the edge has by itself. */
	readonly newArm: ProxyKind | null;
	/** Where the edge's messages lie. */
	readonly log: LogKind;
	/** Background clients at the start. */
	readonly clients: number;
}

const DEFAULT_PORT = 4700;
/** A fleet that polls, all at once, is work: on a machine with few cores fewer show the same. */
const CLIENTS_A_CORE = 100;
const MOST_CLIENTS = 500;
const DEFAULT_CLIENTS = Math.min(MOST_CLIENTS, CLIENTS_A_CORE * availableParallelism());
/** The page, the front, the control API. */
const PORTS = 3;

export const HELP = `Usage: npm run playground -- [options]

Starts a whole edge on this machine (three PoPs and a main region, DNS, two CDNs, an API,
a fleet of clients) and a page that shows it, and lets you break it.

  --port <number>  port of the page; the next two are the front for browsers and the control
                   API. 0 takes any that are free. (default: ${DEFAULT_PORT})
  --clients <n>    of the fleet, from 0 to 5000; the page can change it. (default: ${CLIENTS_A_CORE} a core,
                   ${MOST_CLIENTS} at most: ${DEFAULT_CLIENTS} here)
  --log <kind>     where the edge keeps its messages: memory, or a redis or nats server
                   that is started for it. (default: memory)
  --proxy <which>  in each PoP: embedded, envoy or haproxy; the last two are real ones, which
                   npm run edge:install gets. (default: embedded)
  --to <which>     another of them beside it in each PoP, which nobody is led to until
                   npm run edge -- migrate: --proxy haproxy --to envoy. (default: none)
  --help           prints this

Faults with a verdict each, on an edge of their own, with the same --proxy and --log:
npm run scenario -- --help
`;

/** Throws an error with a message for people. */
export function readSettings(args: readonly string[]): Settings | "help" {
	const { values } = parseArgs({
		args: [...args],
		options: {
			port: { type: "string" },
			proxy: { type: "string" },
			to: { type: "string" },
			clients: { type: "string" },
			log: { type: "string" },
			help: { type: "boolean", short: "h" },
		},
	});
	if (values.help) return "help";
	const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
	const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535 - PORTS + 1;
	if (!isPort || values.port === "") throw new Error(`--port ${values.port} is not a port.`);
	const clients = values.clients === undefined ? DEFAULT_CLIENTS : Number(values.clients);
	if (!Number.isInteger(clients) || clients < 0 || values.clients === "")
		throw new Error(`--clients ${values.clients} is no number of clients.`);
	const log = LOG_KINDS.find((kind) => kind === (values.log ?? "memory"));
	if (log === undefined) throw new Error(`--log ${values.log}: it is memory, redis or nats.`);
	const proxy = readProxy("--proxy", values.proxy ?? "embedded");
	const newArm = values.to === undefined ? null : readProxy("--to", values.to);
	return { port, proxy, newArm, log, clients };
}

function readProxy(option: string, given: string): ProxyKind {
	const found = PROXIES.find((each) => each === given);
	if (found === undefined) throw new Error(`${option} ${given}: it is ${PROXIES.join(", ")}.`);
	return found;
}
