/* The command line, checked. */
import { parseArgs } from "node:util";
import { LOG_KINDS, type LogKind } from "./edge/log/log-store.js";

export interface Settings {
	/** Of the page; the three servers take the ports after it. 0: any that are free. */
	readonly port: number;
	/** "full": PoPs, DNS, CDNs, front, fleet and control API, without a page. */
	readonly edge: "small" | "full";
	/** Where the full edge's messages lie. */
	readonly log: LogKind;
	/** Background clients of the full edge. */
	readonly clients: number;
}

const DEFAULT_PORT = 4700;
const DEFAULT_CLIENTS = 500;
/** The page, and the servers behind it. */
const PORTS = 4;

export const HELP = `Usage: npm run playground -- [options]

Starts two realtime servers and an HTTP half on this machine, all over one log,
and a page with a chat and with buttons that break them.

  --port <number>  port of the page; the next three are the servers'.
                   0 takes any that are free. (default: ${DEFAULT_PORT})
  --edge full      the whole edge instead: PoPs, DNS, CDNs, a fleet of clients, and an API
                   to break them with; no page yet. (default: small)
  --clients <n>    of the whole edge's fleet. (default: ${DEFAULT_CLIENTS})
  --log <kind>     where the whole edge keeps its messages: memory, or a redis or nats server
                   that is started for it. (default: memory)
  --help           prints this
`;

/** Throws an error with a message for people. */
export function readSettings(args: readonly string[]): Settings | "help" {
	const { values } = parseArgs({
		args: [...args],
		options: {
			port: { type: "string" },
			edge: { type: "string" },
			clients: { type: "string" },
			log: { type: "string" },
			help: { type: "boolean", short: "h" },
		},
	});
	if (values.help) return "help";
	const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
	const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535 - PORTS + 1;
	if (!isPort || values.port === "") throw new Error(`--port ${values.port} is not a port.`);
	const { edge = "small" } = values;
	if (edge !== "small" && edge !== "full") throw new Error(`--edge ${edge}: it is small or full.`);
	const clients = values.clients === undefined ? DEFAULT_CLIENTS : Number(values.clients);
	if (!Number.isInteger(clients) || clients < 0 || values.clients === "")
		throw new Error(`--clients ${values.clients} is no number of clients.`);
	const log = LOG_KINDS.find((kind) => kind === (values.log ?? "memory"));
	if (log === undefined) throw new Error(`--log ${values.log}: it is memory, redis or nats.`);
	if (log !== "memory" && edge !== "full") throw new Error(`--log ${log} needs --edge full.`);
	return { port, edge, log, clients };
}
