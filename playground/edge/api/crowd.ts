/*
 * Many who ask the webapp, through a PoP's balancer and proxy as any client does. They come as fast as they can
 * be let in, boots first, and each of these takes so long that the others find it still under way.
 */
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { type EdgeConfig, namesOf, type PopConfig } from "../config.js";
import type { Action } from "../control/contract.js";
import type { Reach } from "../reach.js";
import { BOOT_PATH, DIRECTORY_PATH } from "./directory.js";

export interface CrowdOptions {
	readonly config: EdgeConfig;
	readonly reach: Reach;
	/** Who signed what the PoPs show: PEM. */
	readonly authority: string;
}

/** Handshakes. More of them at a time would hold up this process, where the edge and the ledger are too. */
const AT_ONCE = 8;
const GIVE_UP_MS = 20_000;

export class Crowd {
	readonly #options: CrowdOptions;
	/** One for all of them. */
	readonly #secureContext: SecureContext;

	constructor(options: CrowdOptions) {
		this.#options = options;
		this.#secureContext = createSecureContext({ ca: options.authority });
	}

	/** Resolves when each has an answer, or can't have one: who got what, the PoP's admission counts. */
	async send(
		pop: Pick<PopConfig, "addresses">,
		{ boots, others }: Pick<Extract<Action, { do: "crowd" }>, "boots" | "others">,
	): Promise<void> {
		const paths = [
			...new Array<string>(boots).fill(`${BOOT_PATH}/T1?cold`),
			...new Array<string>(others).fill(`${DIRECTORY_PATH}/T1/users?ids=U1`),
		];
		const answers: Promise<void>[] = [];
		const come = async (): Promise<void> => {
			for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
				const socket = await this.#connect(pop);
				answers.push(this.#ask(socket, path));
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, come));
		await Promise.all(answers);
	}

	/** Resolves when it is connected, or ended. */
	#connect({ addresses }: Pick<PopConfig, "addresses">): Promise<TLSSocket> {
		const { config, reach } = this.#options;
		const secureContext = this.#secureContext;
		const servername = namesOf(config).api;
		const socket = connect({ ...reach.of(addresses[0] ?? ""), servername, secureContext });
		socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
		socket.on("error", () => undefined);
		return new Promise((resolve) => {
			const done = (): void => resolve(socket);
			socket.once("secureConnect", done).once("close", done);
		});
	}

	#ask(socket: TLSSocket, path: string): Promise<void> {
		if (socket.destroyed) return Promise.resolve();
		const { api } = namesOf(this.#options.config);
		socket.resume();
		socket.write(`GET ${path} HTTP/1.1\r\nHost: ${api}\r\nConnection: close\r\n\r\n`);
		return new Promise((resolve) => socket.once("close", () => resolve()));
	}
}
