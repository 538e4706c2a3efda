/*
 * Where the outbox keeps its records. In memory: nowhere, only the identity of this queue. In
 * storage: one slot of a namespace, held under a lock, so that of two tabs each has a slot of its own
 * and neither sends what is the other's. A slot whose holder died is emptied into ours.
 *
 *   outbox/<namespace>/<slot>/meta      { client, link, identity }
 *   outbox/<namespace>/<slot>/m/<id>    { sum, json }
 */
import type { StoredPublish } from "../channels/contract.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { dispose } from "../reactive/disposable.js";
import type { Report } from "../reactive/readable.js";
import type { Runtime } from "../runtime/runtime.js";

/** What makes two queues two: the fence of their appends, and whose they are. */
export interface QueueIdentity {
	readonly client: string;
	/** Grows with every dial and every HTTP publish. */
	link: number;
	/** The server's name for the publisher, once it has told. */
	identity: string | null;
}

const SLOTS = 64;
/** Link numbers are reserved in blocks, so that a dial need not wait for a write. */
const LINK_BLOCK = 100_000;

export function newQueue(random: () => number): QueueIdentity {
	const word = (): string => Math.floor(random() * 2 ** 32).toString(36);
	return { client: word() + word() + word(), link: 0, identity: null };
}

type Restore = (publishes: readonly StoredPublish[]) => void;

export class OutboxStore {
	queue: QueueIdentity;
	readonly #runtime: Runtime;
	readonly #namespace: string;
	readonly #report: Report;
	readonly #abort = new AbortController();
	#root = "";
	#reserved = 0;
	#slot: number | null = null;
	readonly #awaited = new Set<number>();
	#locks: Disposable[] = [];

	constructor(namespace: string, runtime: Runtime, report: Report) {
		this.#namespace = namespace;
		this.#runtime = runtime;
		this.#report = report;
		this.queue = newQueue(runtime.random);
	}

	/** Takes a slot and hands over what lies in it; later, what the holders of other slots leave behind. */
	async open(restore: Restore): Promise<void> {
		const slot = await this.#takeSlot();
		this.#root = this.#slotRoot(slot);
		const stored = (await this.#runtime.storage.get(`${this.#root}meta`)) as
			| QueueIdentity
			| undefined;
		if (typeof stored?.client === "string" && Number.isFinite(stored.link))
			this.queue = { client: stored.client, link: stored.link, identity: stored.identity ?? null };
		await this.#reserve();
		restore(await this.#load(this.#root));
		this.#slot = slot;
		await this.inheritOthers(restore);
	}

	/** Waits for the holders of all other slots that there are by now. */
	async inheritOthers(restore: Restore): Promise<void> {
		const slot = this.#slot;
		if (slot === null) return;
		for (const other of await this.#otherSlots(slot)) {
			if (this.#awaited.has(other)) continue;
			this.#awaited.add(other);
			void this.#inherit(other, restore).then(() => this.#awaited.delete(other));
		}
	}

	/** The next link number; never one that an earlier process used. */
	nextLink(step = 1): number {
		this.queue.link += step;
		if (this.#reserved - this.queue.link <= LINK_BLOCK / 2) this.#reserve().catch(this.#report);
		return this.queue.link;
	}

	/** Binds the queue to a publisher, for good. */
	async claim(identity: string): Promise<void> {
		if (this.queue.identity === identity) return;
		this.queue.identity = identity;
		await this.#writeMeta();
	}

	async write(publishes: readonly StoredPublish[]): Promise<void> {
		if (this.#root === "")
			throw new RealtimeError("internal", "The outbox's storage did not open.");
		await Promise.all(publishes.map((publish) => this.#set(publish)));
	}

	async remove(publishes: readonly StoredPublish[]): Promise<void> {
		const { storage } = this.#runtime;
		await Promise.all(publishes.map(({ id }) => storage.delete(`${this.#root}m/${id}`)));
	}

	close(): void {
		this.#abort.abort(new RealtimeError("closed", "The outbox was closed."));
		for (const lock of this.#locks) dispose(lock);
		this.#locks = [];
	}

	async #takeSlot(): Promise<number> {
		for (let slot = 0; slot < SLOTS; slot += 1) {
			const lock = await this.#runtime.locks.tryAcquire(this.#lockName(slot));
			if (lock === null) continue;
			this.#locks.push(lock);
			return slot;
		}
		throw new RealtimeError("internal", "Every outbox slot is taken.");
	}

	/** When its holder is gone, what it left becomes ours: written here first, then deleted there. */
	async #inherit(slot: number, restore: Restore): Promise<void> {
		try {
			const lock = await this.#runtime.locks.acquire(this.#lockName(slot), this.#abort.signal);
			const root = this.#slotRoot(slot);
			const publishes = (await this.#isOurs(root)) ? await this.#load(root) : [];
			await this.write(publishes);
			await Promise.all(publishes.map(({ id }) => this.#runtime.storage.delete(`${root}m/${id}`)));
			dispose(lock);
			if (publishes.length > 0 && !this.#abort.signal.aborted) restore(publishes);
		} catch (reason) {
			if (!this.#abort.signal.aborted) this.#report(reason);
		}
	}

	/** An app that gives two users one namespace must not make one send what the other wrote. */
	async #isOurs(root: string): Promise<boolean> {
		const meta = (await this.#runtime.storage.get(`${root}meta`)) as
			| Partial<QueueIdentity>
			| undefined;
		const theirs = meta?.identity ?? null;
		if (this.queue.identity === null && theirs !== null) await this.claim(theirs);
		return theirs === null || theirs === this.queue.identity;
	}

	async #load(root: string): Promise<readonly StoredPublish[]> {
		const { storage } = this.#runtime;
		const keys = (await storage.keys()).filter((key) => key.startsWith(`${root}m/`));
		const found = await Promise.all(
			keys.map(async (key) => this.#read(key, await storage.get(key))),
		);
		return found.filter((publish) => publish !== null).sort((a, b) => a.seq - b.seq);
	}

	/** A record that does not add up is set aside, and the rest of the queue goes on. */
	async #read(key: string, value: unknown): Promise<StoredPublish | null> {
		const record = value as { readonly sum?: unknown; readonly json?: unknown } | null | undefined;
		if (typeof record?.json === "string" && record.sum === checksum(record.json))
			return JSON.parse(record.json) as StoredPublish;
		await this.#runtime.storage.set(`quarantine/${key}`, value ?? null);
		await this.#runtime.storage.delete(key);
		this.#report(new RealtimeError("internal", "A stored publish was damaged and set aside."));
		return null;
	}

	async #set(publish: StoredPublish): Promise<void> {
		const json = JSON.stringify(publish);
		const key = `${this.#root}m/${publish.id}`;
		await this.#runtime.storage.set(key, { sum: checksum(json), json });
	}

	async #otherSlots(own: number): Promise<readonly number[]> {
		const prefix = this.#slotRoot("");
		const keys = (await this.#runtime.storage.keys()).filter((key) => key.startsWith(prefix));
		const slots = keys.map((key) => Number(key.slice(prefix.length).split("/")[0]));
		return [...new Set(slots)].filter((slot) => slot !== own && slot >= 0);
	}

	async #reserve(): Promise<void> {
		this.#reserved = this.queue.link + LINK_BLOCK;
		await this.#writeMeta();
	}

	#writeMeta(): Promise<void> {
		return this.#runtime.storage.set(`${this.#root}meta`, { ...this.queue, link: this.#reserved });
	}

	#slotRoot(slot: number | ""): string {
		const root = `outbox/${encodeURIComponent(this.#namespace)}/`;
		return slot === "" ? root : `${root}${slot}/`;
	}

	#lockName(slot: number): string {
		return `holdfast:${this.#slotRoot(slot)}`;
	}
}

/** FNV-1a, 32 bits: enough to tell a torn or foreign record from ours. */
function checksum(text: string): number {
	let sum = 0x811c9dc5;
	for (let index = 0; index < text.length; index += 1)
		sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
	return sum >>> 0;
}
