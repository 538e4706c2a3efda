/* What was decided, in the order in which it was: the last of it in memory, all of it as lines of JSON in a file. */
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { AuditEntry, AuditLine } from "./contract.js";

const MOST_KEPT = 500;

export class AuditLog {
	readonly #path: string | null;
	#lines: readonly AuditLine[] = [];
	/** Lines are appended one after the other. */
	#last: Promise<void> = Promise.resolve();
	#trouble: string | null = null;

	/** Null: memory alone. */
	constructor(path: string | null) {
		this.#path = path;
	}

	get lines(): readonly AuditLine[] {
		return this.#lines;
	}

	/** Why the file has less than was decided; null: it has all of it. */
	get trouble(): string | null {
		return this.#trouble;
	}

	add(entries: readonly AuditEntry[]): void {
		if (entries.length === 0) return;
		const at = new Date().toISOString();
		const lines = entries.map((entry): AuditLine => ({ at, ...entry }));
		this.#lines = [...this.#lines, ...lines].slice(-MOST_KEPT);
		const path = this.#path;
		if (path === null) return;
		const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
		this.#last = this.#last
			.then(() => mkdir(dirname(path), { recursive: true }))
			.then(() => appendFile(path, text, { mode: 0o600 }))
			.catch((reason: Error) => {
				this.#trouble = `The audit log can't be written: ${reason.message}`;
			});
	}

	/** Resolves when all of it is in the file. */
	async flush(): Promise<void> {
		await this.#last;
	}
}
