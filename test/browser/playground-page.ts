/* A window of the playground for as long as a test takes. */
import { onTestFinished } from "vitest";
import type { Opened, Playground } from "../support/playground.js";

export async function openFor(playground: Playground, query?: string): Promise<Opened> {
	const opened = await playground.open(query);
	onTestFinished(() => opened.context.close());
	return opened;
}
