/* HAProxy's runtime API: one command a connection, on a socket file that only we can open. */
import { connect } from "node:net";

const ANSWER_WITHIN_MS = 2_000;
/** Forced, inherited, or for want of an address; 4 says only that it was disabled in the configuration. */
const IN_MAINTENANCE = 0x23;

export class Runtime {
	readonly #socketPath: string;

	constructor(socketPath: string) {
		this.#socketPath = socketPath;
	}

	/** What it answers, trimmed: empty, where all is well and there is nothing to tell. */
	ask(command: string): Promise<string> {
		return new Promise((resolve, reject) => {
			const socket = connect(this.#socketPath);
			let text = "";
			socket.setTimeout(ANSWER_WITHIN_MS, () =>
				socket.destroy(new Error("HAProxy does not answer")),
			);
			socket.setEncoding("utf8").on("data", (part: string) => {
				text += part;
			});
			socket.on("error", reject);
			socket.on("end", () => resolve(text.trim()));
			socket.end(`${command}\n`);
		});
	}

	/** Rejects with its complaint: these commands say nothing where all is well. */
	async order(command: string): Promise<void> {
		const answer = await this.ask(command);
		if (answer === "" || /^(IP changed|port changed|no need|nothing changed)/i.test(answer)) return;
		throw new Error(`HAProxy says "${answer}" to "${command.split("\n")[0]}"`);
	}

	/** Of a backend; empty places are left out. */
	async servers(backend: string) {
		const [, names = "", ...lines] = (await this.ask(`show servers state ${backend}`)).split("\n");
		const columns = names.replace(/^# /, "").split(" ");
		return lines
			.map((line) => line.split(" "))
			.map((cells) => (name: string) => cells[columns.indexOf(name)] ?? "")
			.filter((cell) => (Number(cell("srv_admin_state")) & IN_MAINTENANCE) === 0)
			.map((cell) => {
				const isWell = cell("srv_op_state") === "2";
				const address = `${cell("srv_addr")}:${cell("srv_port")}`;
				return { address, isWell, why: isWell ? [] : ["down"] };
			});
	}

	/** Answers of 5xx to requests for a backend, its servers' and its own, since the worker began. */
	async serverErrors(backend: string): Promise<number> {
		const [names = "", line = ""] = (await this.ask(`show stat ${backend} 2 -1`)).split("\n");
		const at = names.replace(/^# /, "").split(",").indexOf("hrsp_5xx");
		return Number(line.split(",")[at] ?? 0);
	}

	/** By the master's socket. */
	async workers(): Promise<Workers> {
		const lines = (await this.ask("show proc")).split("\n");
		const old = lines.indexOf("# old workers");
		const pids = (part: readonly string[]): readonly number[] =>
			part.filter((line) => /^\d+\s+worker/.test(line)).map((line) => Number.parseInt(line, 10));
		return {
			current: pids(old === -1 ? lines : lines.slice(0, old)),
			old: old === -1 ? [] : pids(lines.slice(old)),
		};
	}
}

export interface Workers {
	readonly current: readonly number[];
	/** Of reloads before, which end when their last connection does. */
	readonly old: readonly number[];
}
