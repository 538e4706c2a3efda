/* Somebody who dials and hangs up, so many times a second, and counts who was not let in. */
import { open } from "../playground/sockets/proxy/web-sockets.js";

export interface Newcomers {
	readonly opened: number;
	readonly failed: readonly string[];
	/** Resolves when the last has been answered. */
	readonly stop: () => Promise<void>;
}

export function newcomers(port: number, authority: string, everyMs: number): Newcomers {
	const counts = { opened: 0, failed: [] as string[] };
	const dials = new Set<Promise<void>>();
	const timer = setInterval(() => {
		const dial = open(port, authority)
			.then(
				({ socket }) => {
					counts.opened += 1;
					socket.close(1000);
				},
				(error: Error) => void counts.failed.push(error.message),
			)
			.finally(() => dials.delete(dial));
		dials.add(dial);
	}, everyMs);
	return {
		get opened() {
			return counts.opened;
		},
		get failed() {
			return counts.failed;
		},
		stop: async () => {
			clearInterval(timer);
			await Promise.all(dials);
		},
	};
}
