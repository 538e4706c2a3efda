/*
 * envoy-www: on to the webapp, for whom admission lets through. A slot is given back when the client has its
 * answer, or has gone.
 */
import {
	type IncomingMessage,
	request as plainRequest,
	type RequestOptions,
	type ServerResponse,
} from "node:http";
import { request as tlsRequest } from "node:https";
import {
	ADMISSION_POLICY,
	type AdmissionPolicy,
	type AdmissionState,
	ask,
	classOf,
	done,
	OPEN,
	order,
	type RequestClass,
} from "./admission.js";

/** How the webapp is reached: over mutual TLS, or plainly in its own region. */
export type Upstream = RequestOptions & { readonly isTls: boolean };

export interface WwwOptions {
	readonly webapp: () => Upstream;
	readonly policy?: Partial<AdmissionPolicy>;
	/** Whatever a client says of itself, these are boots. @default none */
	readonly bootPath?: string;
	/** @default 10000 */
	readonly timeoutMs?: number;
}

export type ClassCounts = Readonly<
	Record<RequestClass, { readonly served: number; readonly shed: number }>
>;

export class Www {
	readonly #options: WwwOptions;
	readonly #policy: AdmissionPolicy;
	readonly #counts = {
		boot: { served: 0, shed: 0 },
		resume: { served: 0, shed: 0 },
		poll: { served: 0, shed: 0 },
	};
	#admission: AdmissionState = OPEN;

	constructor(options: WwwOptions) {
		this.#options = options;
		this.#policy = { ...ADMISSION_POLICY, ...options.policy };
	}

	get counts(): ClassCounts {
		return this.#counts;
	}

	get admission(): AdmissionState {
		return this.#admission;
	}

	/** "Let one boot in ten through": 0.1; 1 takes it back. */
	allowBoots(share: number): void {
		this.#admission = order(this.#admission, share);
	}

	serve(request: IncomingMessage, response: ServerResponse): void {
		const asks = this.#classOf(request);
		const moment = { now: performance.now(), random: Math.random };
		const [admission, verdict] = ask(this.#admission, asks, this.#policy, moment);
		this.#admission = admission;
		if (verdict.is === "shed") {
			this.#counts[asks].shed += 1;
			response.setHeader("Retry-After", Math.ceil(verdict.retryAfterMs / 1_000));
			response.setHeader("X-Edge-Shed", asks);
			// Or a page of another origin could not read when to come again.
			response.setHeader("Access-Control-Allow-Origin", "*");
			response.setHeader("Access-Control-Expose-Headers", "Retry-After, X-Edge-Shed");
			return answer(response, 503, "There is too much to do.");
		}
		this.#counts[asks].served += 1;
		response.once("close", () => {
			this.#admission = done(this.#admission, asks);
		});
		this.#forward(request, response);
	}

	#classOf({ url = "", headers }: IncomingMessage): RequestClass {
		const { bootPath } = this.#options;
		if (bootPath !== undefined && url.startsWith(bootPath)) return "boot";
		return classOf(headers["x-client-class"]);
	}

	#forward(request: IncomingMessage, response: ServerResponse): void {
		const { isTls, ...across } = this.#options.webapp();
		const { method, url: path, rawHeaders: headers } = request;
		const { timeoutMs: timeout = 10_000 } = this.#options;
		const send = isTls ? tlsRequest : plainRequest;
		const onward = send({ ...across, method, path, headers, timeout } as never);
		onward.on("response", (from) => {
			response.writeHead(from.statusCode ?? 502, from.rawHeaders);
			from.pipe(response);
			from.on("error", () => response.destroy());
		});
		onward.on("timeout", () => onward.destroy(new Error("timeout")));
		onward.on("error", () => {
			if (response.headersSent) response.destroy();
			else answer(response, 502, "The webapp is away.");
		});
		response.on("close", () => onward.destroy());
		request.pipe(onward);
	}
}

function answer(response: ServerResponse, status: number, why: string): void {
	response.writeHead(status, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
	response.end(`${why}\n`);
}
