/* Imgproxy: pictures that messages link to, fetched by us, so that no stranger learns who looks at them. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
	FETCH_LIMITS,
	type FetchLimits,
	fetchSource,
	type Gate,
	PUBLIC_GATE,
} from "./fetch-source.js";
import { type ImageQuestion, type Read, readQuestion, wrong } from "./question.js";
import { resize } from "./resize.js";

export interface ImgproxyOptions {
	/** @default the public internet, by ports 80 and 443 */
	readonly gate?: Gate;
	readonly limits?: Partial<FetchLimits>;
	/** Pictures at a time; decoding is what costs. @default 8 */
	readonly maxAtOnce?: number;
}

const KEPT_SECONDS = 86_400;

export class Imgproxy {
	readonly #gate: Gate;
	readonly #limits: FetchLimits;
	readonly #maxAtOnce: number;
	#atOnce = 0;

	constructor({ gate = PUBLIC_GATE, limits, maxAtOnce = 8 }: ImgproxyOptions = {}) {
		this.#gate = gate;
		this.#limits = { ...FETCH_LIMITS, ...limits };
		this.#maxAtOnce = maxAtOnce;
	}

	async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		if (request.method !== "GET" && request.method !== "HEAD")
			return refuse(response, 405, "Pictures are for reading.");
		const [, query = ""] = (request.url ?? "").split("?", 2);
		const asked = readQuestion(new URLSearchParams(query));
		if (asked.is === "wrong") return refuse(response, asked.status, asked.why);
		const made = await this.#make(asked.value);
		if (made.is === "wrong") return refuse(response, made.status, made.why);
		response.writeHead(200, {
			...SAFE,
			"Content-Type": `image/${asked.value.format}`,
			"Content-Length": made.value.length,
			"Cache-Control": `public, max-age=${KEPT_SECONDS}`,
			ETag: `"${createHash("sha256").update(made.value).digest("base64url")}"`,
		});
		response.end(request.method === "HEAD" ? undefined : made.value);
	}

	async #make(asked: ImageQuestion): Promise<Read<Buffer>> {
		if (this.#atOnce >= this.#maxAtOnce) return wrong(503, "There is too much to do.");
		this.#atOnce += 1;
		try {
			const source = await fetchSource(asked.source, this.#gate, this.#limits);
			return source.is === "wrong" ? source : await resize(source.value, asked);
		} finally {
			this.#atOnce -= 1;
		}
	}
}

/** Whatever it is that we answer with, it is no page and no script. */
const SAFE = {
	"X-Content-Type-Options": "nosniff",
	"Content-Security-Policy": "default-src 'none'; sandbox",
};

function refuse(response: ServerResponse, status: number, why: string): void {
	response.writeHead(status, {
		...SAFE,
		"Content-Type": "text/plain",
		"Cache-Control": "no-store",
	});
	response.end(`${why}\n`);
}
