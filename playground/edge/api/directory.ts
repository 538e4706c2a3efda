/* The webapp's directory: users and channels of any team, made up, and their changes told in the log. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { MessageLog } from "holdfast/server";
import {
	changesOf,
	type Entry,
	type Kind,
	type Question,
	readQuestion,
} from "./flannel/question.js";

export const DIRECTORY_PATH = "/directory";
/** A boot carries so many of each, as `rtm.start` carried all of them. */
const IN_A_BOOT = 200;
export const BOOT_PATH = "/boot";
/** For `?cold`: as where no cache has anything yet (Slack, 2022-02-22). */
const COLD_MS = 8_000;

export class Directory {
	readonly #log: Pick<MessageLog, "append">;
	readonly #changed = new Map<string, Entry>();
	/** Questions and boots answered. */
	readonly counts = { questions: 0, boots: 0 };

	constructor(log: Pick<MessageLog, "append">) {
		this.#log = log;
	}

	/** Everybody whose id begins with U is a user of the team, and every C a channel. */
	find({ team, kind, ids }: Question): readonly Entry[] {
		this.counts.questions += 1;
		const first = kind === "users" ? "U" : "C";
		return ids.filter((id) => id.startsWith(first)).map((id) => this.#entry(team, kind, id));
	}

	/** Resolves when the change is in the log: who follows it hears of it now. */
	async rename(team: string, kind: Kind, id: string, name: string): Promise<void> {
		const { version } = this.#entry(team, kind, id);
		this.#changed.set(`${team}/${kind}/${id}`, { id, name, version: version + 1 });
		const message = { id: randomUUID(), from: null, data: { kind, id }, at: Date.now() };
		await this.#log.append(changesOf(team), message);
	}

	/** Whether the request was one for it. */
	serve({ url = "", method }: IncomingMessage, response: ServerResponse): "served" | "foreign" {
		if (method !== "GET") return "foreign";
		if (url.startsWith(`${BOOT_PATH}/`)) {
			this.counts.boots += 1;
			const [team = "", how] = url.slice(BOOT_PATH.length + 1).split("?", 2);
			const all = (kind: Kind, first: string): readonly Entry[] =>
				Array.from({ length: IN_A_BOOT }, (_, n) => this.#entry(team, kind, `${first}${n}`));
			const boot = (): void =>
				json(response, 200, { users: all("users", "U"), channels: all("channels", "C") });
			if (how === "cold") setTimeout(boot, COLD_MS).unref();
			else boot();
			return "served";
		}
		if (!url.startsWith(`${DIRECTORY_PATH}/`)) return "foreign";
		const question = readQuestion(url.slice(DIRECTORY_PATH.length));
		if (question === null) json(response, 400, { error: "No such question." });
		else json(response, 200, this.find(question));
		return "served";
	}

	#entry(team: string, kind: Kind, id: string): Entry {
		return this.#changed.get(`${team}/${kind}/${id}`) ?? { id, name: `${team} ${id}`, version: 1 };
	}
}

function json(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
	response.end(JSON.stringify(body));
}
