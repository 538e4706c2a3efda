/* The command line, checked. */
import { parseArgs } from "node:util";

export interface Settings {
	/** Of the page; the three servers take the ports after it. 0: any that are free. */
	readonly port: number;
}

const DEFAULT_PORT = 4700;
/** The page, and the servers behind it. */
const PORTS = 4;

export const HELP = `Usage: npm run playground -- [options]

Starts two realtime servers and an HTTP half on this machine, all over one log,
and a page with a chat and with buttons that break them.

  --port <number>  port of the page; the next three are the servers'.
                   0 takes any that are free. (default: ${DEFAULT_PORT})
  --help           prints this
`;

/** Throws an error with a message for people. */
export function readSettings(args: readonly string[]): Settings | "help" {
	const { values } = parseArgs({
		args: [...args],
		options: { port: { type: "string" }, help: { type: "boolean", short: "h" } },
	});
	if (values.help) return "help";
	const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
	const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535 - PORTS + 1;
	if (!isPort || values.port === "") throw new Error(`--port ${values.port} is not a port.`);
	return { port };
}
