/*
 * Flannel: an edge cache of users and channels, so that a boot need not carry a whole team. Lazy: it knows
 * what was asked for. A team is pinned to a node by consistent hash, and its changes drop what they touch.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isName } from "../../pop/attendance.js";
import { FlannelNode, type NodeCounts, type NodeOptions } from "./node.js";
import { type Entry, type Question, readQuestion } from "./question.js";
import { nodeOf, type Ring, ringOf } from "./ring.js";

export interface FlannelOptions extends NodeOptions {
	/** @default ["flannel-1", "flannel-2"] */
	readonly nodes?: readonly string[];
	/** Whether changes arrive: else what is kept may be of before. @default they do */
	readonly isFresh?: () => boolean;
}

export class Flannel {
	readonly #options: FlannelOptions;
	readonly #nodes = new Map<string, FlannelNode>();
	#ring: Ring;

	constructor(options: FlannelOptions) {
		this.#options = options;
		const { nodes = ["flannel-1", "flannel-2"] } = options;
		for (const name of nodes) this.#nodes.set(name, new FlannelNode(options));
		this.#ring = ringOf(nodes);
	}

	get counts(): Readonly<Record<string, NodeCounts>> {
		return Object.fromEntries([...this.#nodes].map(([name, { counts }]) => [name, counts]));
	}

	/** Its teams go to the others, which know nothing of them yet. */
	async remove(name: string): Promise<void> {
		const node = this.#nodes.get(name);
		this.#nodes.delete(name);
		this.#ring = ringOf([...this.#nodes.keys()]);
		await node?.stop();
	}

	/** By the team's node. Rejects when it has to ask the webapp, and that is away. */
	async find(question: Question): Promise<readonly Entry[]> {
		const node = this.#nodes.get(nodeOf(this.#ring, question.team) ?? "");
		if (node === undefined) throw new Error("Flannel has no node.");
		return node.find(question);
	}

	async stop(): Promise<void> {
		await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
	}

	/** `rest`: "/T1/users?ids=U1,U2". */
	async serve(request: IncomingMessage, response: ServerResponse, rest: string): Promise<void> {
		if (request.method !== "GET") return answer(response, 405, { error: "GET, please." });
		const [, token = null] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
		if (!isName(token)) return answer(response, 401, { error: "Who asks?" });
		const question = readQuestion(rest);
		if (question === null)
			return answer(response, 400, {
				error: "It takes a team, users or channels, and 1 to 100 ids.",
			});
		const { isFresh = () => true } = this.#options;
		const found = await this.find(question).catch(() => undefined);
		if (found === undefined) return answer(response, 503, { error: "The webapp is away." });
		answer(response, 200, { [question.kind]: found, fresh: isFresh() });
	}
}

function answer(response: ServerResponse, status: number, body: object): void {
	response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
	response.end(JSON.stringify(body));
}
