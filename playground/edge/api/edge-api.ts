/*
 * The HTTP of a PoP, behind its proxy:
 *
 *            /flannel/ ─▶ Flannel ── what it lacks ──╮
 *            /image ────▶ Imgproxy ─▶ the internet   │
 *    proxy ─ /uploads ──▶ Miata ──▶ files            ├─▶ www ── admission ─▶ webapp
 *            /files/ ───▶ Supra ◀── files            │
 *            all else ───────────────────────────────╯
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Target } from "../balancer.js";
import type { FileRoom } from "./files/file-room.js";
import { Miata, type MiataOptions } from "./files/miata.js";
import { Supra } from "./files/supra.js";
import { Flannel } from "./flannel/flannel.js";
import type { NodeOptions } from "./flannel/node.js";
import type { Entry, Question } from "./flannel/question.js";
import { Imgproxy, type ImgproxyOptions } from "./imgproxy/imgproxy.js";
import { BOOT_PATH, DIRECTORY_PATH } from "./directory.js";
import { apiRouteOf, UPLOADS_PATH } from "./routes.js";
import { Www, type WwwOptions } from "./www.js";

export interface EdgeApiOptions extends Pick<WwwOptions, "webapp" | "policy"> {
	/** Shared by all PoPs, as a region's object store is. */
	readonly room: FileRoom;
	readonly follow: NodeOptions["follow"];
	readonly isFresh?: () => boolean;
	readonly uploads?: Partial<MiataOptions>;
	readonly images?: ImgproxyOptions;
}

export class EdgeApi {
	readonly flannel: Flannel;
	readonly www: Www;
	readonly #miata: Miata;
	readonly #supra: Supra;
	readonly #imgproxy: Imgproxy;
	readonly #server = createServer((request, response) => this.#serve(request, response));
	readonly #raw = new Set<Duplex>();
	/** Flannel's questions go the way of everybody's. */
	readonly #agent = new Agent({ keepAlive: false, maxSockets: 16 });

	constructor(options: EdgeApiOptions) {
		const { room, follow, isFresh = () => true, webapp, policy = {} } = options;
		this.www = new Www({ webapp, policy, bootPath: `${BOOT_PATH}/` });
		this.flannel = new Flannel({ follow, isFresh, fetch: (question) => this.#fetch(question) });
		this.#miata = new Miata({ ...options.uploads, room, path: UPLOADS_PATH });
		this.#supra = new Supra(room);
		this.#imgproxy = new Imgproxy(options.images);
		this.#server.on("clientError", (_error, socket) => socket.destroy());
		this.#server.on("connection", (socket: Duplex) => {
			this.#raw.add(socket);
			socket.on("error", () => undefined);
			socket.on("close", () => this.#raw.delete(socket));
		});
	}

	/** Null: it does not run. */
	get target(): Target | null {
		const address = this.#server.address() as AddressInfo | null;
		return address === null ? null : { host: "127.0.0.1", port: address.port };
	}

	async start(): Promise<void> {
		await this.#miata.start();
		await new Promise<void>((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(0, "127.0.0.1", () => resolve());
		});
	}

	async stop(): Promise<void> {
		await this.#miata.stop();
		await this.flannel.stop();
		this.#agent.destroy();
		if (!this.#server.listening) return;
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		for (const socket of this.#raw) socket.destroy();
		await closed;
	}

	#serve(request: IncomingMessage, response: ServerResponse): void {
		this.#route(request, response).catch(() => {
			if (response.headersSent) response.destroy();
			else response.writeHead(500, { "Content-Type": "text/plain" }).end("It went wrong here.\n");
		});
	}

	async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const route = apiRouteOf(request.url ?? "/");
		switch (route.to) {
			case "flannel":
				return this.flannel.serve(request, response, route.rest);
			case "imgproxy":
				return this.#imgproxy.serve(request, response);
			case "supra":
				return this.#supra.serve(request, response, route.id);
			case "miata":
				return this.#miata.serve(request, response);
			case "www":
				return this.www.serve(request, response);
			default:
				return route satisfies never;
		}
	}

	/** By our own front door, so that admission counts it too. */
	#fetch({ team, kind, ids }: Question): Promise<readonly Entry[]> {
		const { host = "", port = 0 } = this.target ?? {};
		const path = `${DIRECTORY_PATH}/${team}/${kind}?ids=${ids.join(",")}`;
		return new Promise((resolve, reject) => {
			const asked = request({ host, port, path, agent: this.#agent }, async (answer) => {
				try {
					const chunks: Buffer[] = [];
					for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
					if (answer.statusCode !== 200) throw new Error(`It answered ${answer.statusCode}.`);
					resolve(JSON.parse(String(Buffer.concat(chunks))) as readonly Entry[]);
				} catch (cause) {
					reject(cause);
				}
			});
			asked.on("error", reject);
			asked.end();
		});
	}
}
