import { DISPOSE, disposable } from "../reactive/disposable.js";
import type { Tabs } from "./runtime.js";

/** What of the global object tabs are reached by. */
export interface TabsHost {
	readonly navigator?: { readonly locks?: LockManager };
	readonly BroadcastChannel?: typeof BroadcastChannel;
	readonly crypto?: { readonly subtle?: Pick<SubtleCrypto, "digest"> };
	/** A page or a worker of one: Node has channels and locks too, but no tabs. */
	readonly document?: unknown;
	readonly WorkerGlobalScope?: unknown;
}

/** Web Locks and BroadcastChannel; null where a browser lacks one of them, as every insecure context does. */
export function webTabs(host: TabsHost): Tabs | null {
	const { BroadcastChannel: Channel, navigator, crypto } = host;
	const { locks } = navigator ?? {};
	const { subtle } = crypto ?? {};
	const isBrowser = host.document !== undefined || host.WorkerGlobalScope !== undefined;
	if (!isBrowser || !Channel || !locks || !subtle) return null;
	return {
		open(name, hear) {
			const channel = new Channel(name);
			channel.onmessage = ({ data }) => hear(data);
			return { post: (message) => channel.postMessage(message), [DISPOSE]: () => channel.close() };
		},
		lock: (name, { how, signal, lost }) => request(locks, name, { how, signal, lost }),
		async digest(text) {
			const bytes = new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(text)));
			return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
		},
	};
}

type Wish = Parameters<Tabs["lock"]>[1];

function request(locks: LockManager, name: string, wish: Wish): Promise<Disposable> {
	const { how, signal, lost } = wish;
	return new Promise((resolve, reject) => {
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
		if (signal.aborted) return reject(signal.reason);
		let isHeld = false;
		// A request that steals may not be aborted: the specification rules the pair out.
		locks
			.request(name, how === "steal" ? { steal: true } : { signal }, () => {
				if (signal.aborted) return;
				isHeld = true;
				return new Promise<void>((release) =>
					resolve(
						disposable(() => {
							isHeld = false;
							release();
						}),
					),
				);
			})
			.catch((reason) => {
				if (isHeld) lost();
				else reject(reason);
			});
	});
}
