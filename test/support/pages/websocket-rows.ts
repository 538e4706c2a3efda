/* What the page of the conformance tests runs: the rows, on the browser's class and on ours. */
import { resilient, singleUse } from "../websocket-classes.js";
import { ROWS } from "../websocket-rows.js";

export type ClassName = "native" | "failover" | "resilient";

declare global {
	/** What a row shows; the name of the error where it throws. */
	var observeRow: (title: string, name: ClassName, server: string) => Promise<unknown>;
	/** What happens when one of two listeners throws. */
	var throwInHandler: (name: ClassName, server: string) => Promise<readonly string[]>;
}

const classOf = (name: ClassName, server: string): typeof WebSocket =>
	({ native: WebSocket, failover: singleUse(server), resilient: resilient() })[name];

globalThis.observeRow = async (title, name, server) => {
	const row = ROWS.find((each) => `${each.part}: ${each.title}` === title);
	try {
		return await row?.observe({ WebSocket: classOf(name, server), server });
	} catch (reason) {
		return (reason as Error).name;
	}
};

globalThis.throwInHandler = async (name, server) => {
	const seen: string[] = [];
	const hear = (event: ErrorEvent): void => {
		event.preventDefault();
		seen.push(`reported ${event.message.replace(/^Uncaught /, "")}`);
	};
	addEventListener("error", hear);
	const socket = new (classOf(name, server))(`${server}/echo`);
	await new Promise((resolve) => {
		socket.onopen = () => {
			throw new Error("mine");
		};
		socket.addEventListener("open", () => seen.push("the other"));
		socket.addEventListener("open", resolve);
	});
	socket.close();
	removeEventListener("error", hear);
	return seen;
};
