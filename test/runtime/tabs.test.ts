import { describe, expect, it } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import { type TabsHost, webTabs } from "../../src/runtime/tabs.js";

interface Request {
	readonly options: LockOptions;
	readonly grant: () => Promise<unknown>;
	readonly fail: (reason: unknown) => void;
}

/** Locks that are granted when the test says so. */
class Host {
	readonly requests: Request[] = [];
	readonly channels: {
		onmessage?: (event: { data: unknown }) => void;
		closed: boolean;
		posted: unknown[];
	}[] = [];

	get host(): TabsHost {
		const { requests, channels } = this;
		const locks = {
			request: (_name: string, options: LockOptions, run: () => unknown) =>
				new Promise((resolve, reject) => {
					const grant = async (): Promise<void> => resolve(await run());
					requests.push({ options, grant, fail: reject });
					options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
				}),
		};
		class Channel {
			closed = false;
			posted: unknown[] = [];
			constructor() {
				channels.push(this);
			}
			postMessage(message: unknown): void {
				this.posted.push(message);
			}
			close(): void {
				this.closed = true;
			}
		}
		return {
			document: {},
			navigator: { locks: locks as unknown as LockManager },
			BroadcastChannel: Channel as unknown as typeof BroadcastChannel,
			crypto: globalThis.crypto,
		};
	}
}

const wish = (how: "queue" | "steal", lost = () => {}, signal = new AbortController().signal) => ({
	how,
	lost,
	signal,
});

describe("tabs by Web Locks and BroadcastChannel", () => {
	it.each<[string, (host: TabsHost) => TabsHost]>([
		["locks", (host) => ({ ...host, navigator: {} })],
		["channels", ({ BroadcastChannel: _, ...host }) => host],
		["digests, as no insecure page has", (host) => ({ ...host, crypto: {} })],
		["a document, as Node has none", ({ document: _, ...host }) => host],
	])("are none without %s", (_, lacking) => {
		expect(webTabs(new Host().host)).not.toBeNull();
		expect(webTabs(lacking(new Host().host))).toBeNull();
	});

	it("are none in Node", () => {
		expect(webTabs(globalThis as TabsHost)).toBeNull();
	});

	it("hear each other, until they leave", () => {
		const world = new Host();
		const heard: unknown[] = [];
		const channel = webTabs(world.host)?.open("name", (message) => heard.push(message));
		const [place] = world.channels;
		place?.onmessage?.({ data: 1 });
		channel?.post(2);
		dispose(channel);
		expect([heard, place?.posted, place?.closed]).toEqual([[1], [2], true]);
	});

	it("wait for a lock, and release it", async () => {
		const world = new Host();
		const granted = webTabs(world.host)?.lock("name", wish("queue"));
		const held = world.requests[0]?.grant();
		dispose(await granted);
		await held;
		expect(world.requests[0]?.options.steal).toBeUndefined();
	});

	it("steal a lock without a signal, which browsers rule out, and give it up when nobody wants it any more", async () => {
		const world = new Host();
		const abort = new AbortController();
		const granted = webTabs(world.host)?.lock(
			"name",
			wish("steal", () => {}, abort.signal),
		);
		expect(world.requests[0]?.options).toEqual({ steal: true });
		abort.abort(new Error("no more"));
		await expect(granted).rejects.toThrow("no more");
		// Granted all the same, it is let go of at once.
		await world.requests[0]?.grant();
	});

	it("tell who loses a lock to a thief, and nobody else", async () => {
		const world = new Host();
		let lost = 0;
		const count = (): void => {
			lost += 1;
		};
		const tabs = webTabs(world.host);
		const granted = tabs?.lock("name", wish("queue", count));
		void world.requests[0]?.grant();
		await granted;
		world.requests[0]?.fail(new DOMException("broken", "AbortError"));
		await Promise.resolve();
		await Promise.resolve();
		expect(lost).toBe(1);
		const refused = tabs?.lock("name", wish("queue", count));
		world.requests[1]?.fail(new DOMException("no", "SecurityError"));
		await expect(refused).rejects.toThrow("no");
		expect(lost).toBe(1);
	});

	it("digest a text to 64 digits", async () => {
		const digest = await webTabs(new Host().host)?.digest("abc");
		expect(digest).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	});
});
