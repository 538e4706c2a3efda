/* One process of Envoy, from its start until it is gone. */
import { setTimeout as wait } from "node:timers/promises";
import { Child } from "../child.js";
import { Admin } from "./admin.js";

export interface EnvoyProcessOptions {
	readonly envoy: string;
	/** Of the installation. */
	readonly folder: string;
	readonly bootstrap: string;
	/** Of its own: one file for two processes would answer for the older. */
	readonly admin: string;
	readonly concurrency: number;
	/** How long it goes on accepting when it is told to drain. */
	readonly drainMs: number;
	/** Null: it shares nothing with another process. */
	readonly hot: HotRestart | null;
}

export interface HotRestart {
	readonly baseId: number;
	readonly epoch: number;
	/** The parent ends so long after its child has begun, and cuts who is still connected. */
	readonly parentShutdownMs: number;
}

const LOOK_MS = 20;

export class EnvoyProcess {
	readonly admin: Admin;
	readonly child: Child;
	readonly #epoch: number;

	constructor(options: EnvoyProcessOptions) {
		this.admin = new Admin(options.admin);
		this.#epoch = options.hot?.epoch ?? 0;
		this.child = new Child({
			...{ path: options.envoy, args: argumentsOf(options), folder: options.folder },
		});
	}

	/** Resolves when it serves. Rejects when it ends before, with what it said, or doesn't within the time. */
	async live(withinMs: number): Promise<void> {
		const giveUpAt = performance.now() + withinMs;
		while (performance.now() < giveUpAt) {
			if (this.child.end !== null) throw new Error(`Envoy ended at its start: ${this.complaint}`);
			const info = await this.admin.info().catch(() => null);
			if (info?.state === "LIVE" && info.epoch === this.#epoch) return;
			await wait(LOOK_MS);
		}
		throw new Error(`Envoy did not begin to serve within ${withinMs / 1_000} s: ${this.complaint}`);
	}

	/** The line that says most of why it ended. */
	get complaint(): string {
		const lines = this.child.lastWords.filter((line) => line.trim() !== "");
		const [said] = lines.filter((line) => /\[(?:critical|error)\]/.test(line)).slice(-1);
		return said ?? lines.at(-1) ?? "it said nothing";
	}
}

function argumentsOf(options: EnvoyProcessOptions): readonly string[] {
	const { bootstrap, admin, concurrency, drainMs, hot } = options;
	const pipe = { admin: { address: { pipe: { path: admin, mode: 0o600 } } } };
	return [
		...["-c", bootstrap, "-l", "warning", "--concurrency", String(concurrency)],
		...["--config-yaml", JSON.stringify(pipe)],
		...["--drain-time-s", toSeconds(drainMs), "--drain-strategy", "immediate"],
		// Ten seconds by default: too long for who looks for a line.
		...["--file-flush-interval-msec", "250"],
		...(hot === null
			? ["--disable-hot-restart"]
			: [
					...["--base-id", String(hot.baseId), "--restart-epoch", String(hot.epoch)],
					...["--parent-shutdown-time-s", toSeconds(hot.parentShutdownMs)],
					// Else the child waits for its parent's figures every five seconds, and dies with it.
					"--skip-hot-restart-parent-stats",
				]),
	];
}

const toSeconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1_000)));
