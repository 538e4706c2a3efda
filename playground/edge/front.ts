/*
 * For browsers, which can't ask our DNS server and don't trust our authority: names below localhost, plain
 * HTTP and WebSockets (localhost is a secure context), resolved for each connection by the same DNS server
 * that Node clients ask, and passed on over TLS to the balancer that it names.
 *
 *    ws://primary.localhost:4701 ─▶ front ── DNS: wss-primary.edge.test, from the visitor's place
 *                                         ╰─ TLS ─▶ that PoP's balancer ─▶ proxy …
 *
 * `dub.primary.localhost` asks as somebody in Dublin would, `fra.` as in Frankfurt; without a label as near
 * the first PoP. A label before that says who visits, so that a page can be told where it was led:
 * `ada.dub.primary.localhost`. A connection belongs to the name of its first request, as browsers keep them.
 */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type EdgeConfig, namesOf, type PopConfig } from "./config.js";
import type { Role, VisitState } from "./control/contract.js";
import type { Reach } from "./reach.js";
import type { Resolve } from "./resolving.js";
import { Passage } from "./tcp/passage.js";
import { TcpPort } from "./tcp/port.js";
import { reset } from "./tcp/reset.js";
import { Visits } from "./visits.js";

export interface FrontOptions {
	readonly config: EdgeConfig;
	readonly reach: Reach;
	readonly resolve: Resolve;
	/** Who signed what the PoPs show: PEM. */
	readonly authority: string;
	/** Which of the addresses. @default Math.random */
	readonly random?: () => number;
}

/** Longer heads than this are none of ours. */
const MAX_HEAD_BYTES = 16_384;
const HEAD_MS = 10_000;
const NOBODY = "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

export class Front {
	readonly #options: FrontOptions;
	readonly #port: TcpPort;
	/** Browsers may take localhost for ::1 first. */
	readonly #port6: TcpPort;
	readonly #visits = new Visits();

	constructor(options: FrontOptions) {
		this.#options = options;
		const accept = (client: Socket): void => this.#accept(client);
		this.#port = new TcpPort({ accept });
		this.#port6 = new TcpPort({ host: "::1", accept });
	}

	get port(): number {
		return this.#port.number;
	}

	get connections(): number {
		return this.#port.connections + this.#port6.connections;
	}

	/** Where those went that said who they are. */
	get visits(): readonly VisitState[] {
		return this.#visits.state;
	}

	async start(): Promise<void> {
		await this.#port.open(this.#options.config.ports.front);
		// A machine without IPv6 has browsers that know it.
		await this.#port6.open(this.#port.number).catch(() => undefined);
	}

	async stop(): Promise<void> {
		await Promise.all([this.#port.close(), this.#port6.close()]);
	}

	#accept(client: Socket): void {
		const chunks: Buffer[] = [];
		const timer = setTimeout(() => client.destroy(), HEAD_MS);
		client.on("close", () => clearTimeout(timer));
		const end = (): void => void client.end();
		const read = (chunk: Buffer): void => {
			chunks.push(chunk);
			const head = Buffer.concat(chunks);
			const isWhole = head.includes("\r\n\r\n");
			if (!isWhole && head.length < MAX_HEAD_BYTES) return;
			clearTimeout(timer);
			client.off("data", read).off("end", end).pause();
			if (isWhole) void this.#pass(client, head);
			else client.destroy();
		};
		client.on("data", read).on("end", end);
	}

	#note(
		{ visitor, role, near }: AskedFor,
		client: Socket,
		answers: Awaited<ReturnType<Resolve>>,
		answer: (typeof answers)[number] | undefined,
	): void {
		if (visitor === null) return;
		const { pops } = this.#options.config;
		const address = answer?.address ?? null;
		const ended = this.#visits.begin({
			visitor,
			name: role,
			from: near.name,
			address,
			pop: pops.find(({ addresses }) => addresses.some((each) => each === address))?.name ?? null,
			answers: answers.map((each) => each.address),
			ttlMs: answer?.ttlMs ?? 0,
			askedAt: Date.now(),
		});
		client.on("close", ended);
	}

	/** Whom nobody can be found for, he is reset: as a browser meets a name that does not resolve. */
	async #pass(client: Socket, head: Buffer): Promise<void> {
		const { config, reach, resolve, authority, random = Math.random } = this.#options;
		const [, host = ""] = /^host:\s*([^\s:]+)/im.exec(head.toString("latin1")) ?? [];
		const asked = readHost(config, host);
		if (asked === null) return void client.end(NOBODY);
		const answers = await resolve(asked.name, asked.near.neighbourhood).catch(() => []);
		const answer = answers[Math.floor(random() * answers.length)];
		this.#note(asked, client, answers, answer);
		if (answer === undefined || client.destroyed) return void reset(client);
		const raw = connect({ ...reach.of(answer.address), noDelay: true });
		raw.on("error", () => reset(client));
		const target = connectTls({ socket: raw, servername: asked.name, ca: authority });
		target.write(head);
		// Gone on one side without an end: the other learns it the same way.
		raw.on("close", (hadError) => hadError && reset(client));
		client.on("close", () => raw.destroy());
		new Passage(client, target);
	}
}

interface AskedFor {
	readonly role: Role | "api";
	/** Of DNS. */
	readonly name: string;
	/** From whose neighbourhood. */
	readonly near: PopConfig;
	/** Null: it does not say. */
	readonly visitor: string | null;
}

/** Null: not a name of ours. */
function readHost(config: EdgeConfig, host: string): AskedFor | null {
	const labels = host.toLowerCase().split(".");
	if (labels.pop() !== "localhost") return null;
	const names = namesOf(config);
	const role = labels.pop() ?? "";
	if (!isRole(role)) return null;
	const place = labels.pop() ?? config.pops[0]?.name.toLowerCase();
	const near = config.pops.find((each) => each.name.toLowerCase() === place);
	if (near === undefined || labels.length > 1) return null;
	return { role, name: names[role], near, visitor: labels[0] ?? null };
}

const isRole = (label: string): label is AskedFor["role"] =>
	["primary", "backup", "api"].includes(label);
