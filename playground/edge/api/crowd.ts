/*
 * Many who ask the webapp at once, through a PoP's balancer and proxy as any client does. All connect first: or
 * the first would have their answers before the last have arrived, and nobody would be in anybody's way.
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
		const there = await Promise.all(paths.map(() => this.#come(pop)));
		const host = namesOf(this.#options.config).api;
		const asked = there.map((socket, at) => {
			const ended = new Promise((resolve) => socket.once("close", resolve));
			socket.resume();
			socket.write(`GET ${paths[at]} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
			return ended;
		});
		await Promise.all(asked);
	}

	/** Resolves when it is connected, or ended. */
	#come({ addresses }: Pick<PopConfig, "addresses">): Promise<TLSSocket> {
		const { config, reach } = this.#options;
		const secureContext = this.#secureContext;
		const servername = namesOf(config).api;
		const socket = connect({ ...reach.of(addresses[0] ?? ""), servername, secureContext });
		socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
		socket.on("error", () => undefined);
		return new Promise((resolve) => {
			const come = (): void => resolve(socket);
			socket.once("secureConnect", come).once("close", come);
		});
	}
}
