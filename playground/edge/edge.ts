/* The three servers, over one log: what a region, its backup and an API would be. */
import { memoryLog } from "holdfast/server";
import { Gateway, type GatewayState, VERBS, type Verb } from "./gateway.js";

export const TARGETS = ["primary", "backup", "api"] as const;
export type Target = (typeof TARGETS)[number];
export type EdgeState = Readonly<Record<Target, GatewayState>>;

/** What a page may ask for. */
export interface Command {
	readonly target: Target;
	readonly verb: Verb;
}

/** The HTTP half has no WebSockets to refuse. */
const API_VERBS: readonly Verb[] = ["restore", "kill"];

export class Edge {
	readonly #gateways: Readonly<Record<Target, Gateway>>;
	readonly #log = memoryLog();
	readonly #listeners = new Set<(state: EdgeState) => void>();

	constructor(allowedOrigins: () => readonly string[]) {
		const newGateway = (): Gateway =>
			new Gateway({ log: this.#log, allowedOrigins, changed: () => this.#tell() });
		this.#gateways = { primary: newGateway(), backup: newGateway(), api: newGateway() };
	}

	/** In order: primary, backup, HTTP half. 0: any port. Rejects with `port` in the error if it is taken. */
	async start(firstPort: number): Promise<void> {
		for (const [index, target] of TARGETS.entries())
			await this.#gateways[target].start(firstPort === 0 ? 0 : firstPort + index);
	}

	async stop(): Promise<void> {
		await Promise.all(TARGETS.map((target) => this.#gateways[target].stop()));
		await this.#log[Symbol.asyncDispose]();
	}

	port(target: Target): number {
		return this.#gateways[target].port;
	}

	get state(): EdgeState {
		const { primary, backup, api } = this.#gateways;
		return { primary: primary.state, backup: backup.state, api: api.state };
	}

	subscribe(listener: (state: EdgeState) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	turn({ target, verb }: Command): Promise<void> {
		return this.#gateways[target].turn(verb);
	}

	#tell(): void {
		for (const listener of this.#listeners) listener(this.state);
	}
}

/** Null for what is no command. */
export function readCommand(value: unknown): Command | null {
	const { target, verb } = Object(value) as { readonly target?: unknown; readonly verb?: unknown };
	const known = TARGETS.find((name) => name === target);
	const wanted = VERBS.find((name) => name === verb);
	if (known === undefined || wanted === undefined) return null;
	return known === "api" && !API_VERBS.includes(wanted) ? null : { target: known, verb: wanted };
}
