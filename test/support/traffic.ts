/* Messages both ways at a steady rate, every one of them in a ledger. */
import type { Client } from "../../src/client/client.js";
import type { Ledger } from "./ledger.js";
import type { RealEdge } from "./real-edge.js";
import { CANARY_PAYLOAD } from "./secrets.js";
import { when } from "./until.js";

export interface TrafficOptions {
	readonly edge: RealEdge;
	readonly client: Client;
	readonly ledger: Ledger;
	/** Two channels begin with it, and so do the lanes: `.up` and `.down`. */
	readonly name: string;
}

interface Numbered {
	readonly n: number;
	readonly text: string;
}

export class Traffic {
	readonly up: string;
	readonly down: string;
	readonly #options: TrafficOptions;
	#upSent = 0;
	#downSent = 0;

	constructor(options: TrafficOptions) {
		this.#options = options;
		this.up = `${options.name}.up`;
		this.down = `${options.name}.down`;
	}

	get lanes(): readonly string[] {
		return [this.up, this.down];
	}

	/** Listens at both ends, to what is stored and to what the client delivers; resolves when both do. */
	async open(): Promise<void> {
		const { edge, client, ledger } = this.#options;
		await edge.log.follow(this.up, ({ data }) => ledger.delivered(this.up, (data as Numbered).n));
		const { state } = client.subscribe(this.down, ({ data }) =>
			ledger.delivered(this.down, (data as Numbered).n),
		);
		await when(state, ({ status }) => status === "subscribed", "a subscription");
	}

	sendUp(): void {
		const { client, ledger } = this.#options;
		const n = ++this.#upSent;
		ledger.sent(this.up, n);
		client.publish(this.up, { n, text: CANARY_PAYLOAD }).then(
			({ status }) => ledger.answered(this.up, n, status),
			() => ledger.answered(this.up, n, "rejected"),
		);
	}

	sendDown(): void {
		const { edge, ledger } = this.#options;
		const n = ++this.#downSent;
		ledger.sent(this.down, n);
		edge.publish(this.down, { n, text: CANARY_PAYLOAD }).then(
			() => ledger.answered(this.down, n, "stored"),
			() => ledger.answered(this.down, n, "rejected"),
		);
	}

	/** Resolves when as many have been sent each way. A machine that was busy catches up. */
	run(count: number, perSecond = 100): Promise<void> {
		const startedAt = performance.now();
		const endAt = this.#upSent + count;
		const begin = this.#upSent;
		return new Promise((resolve) => {
			const timer = setInterval(() => {
				const due = begin + ((performance.now() - startedAt) / 1_000) * perSecond;
				while (this.#upSent < Math.min(due, endAt)) {
					this.sendUp();
					this.sendDown();
				}
				if (this.#upSent < endAt) return;
				clearInterval(timer);
				resolve();
			}, 10);
		});
	}
}
