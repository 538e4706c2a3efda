/*
 * What a person sees is what is in the document, not what a client says that it delivered: each message that
 * appears below an element is reported, by the position that its row names. A row that appears twice counts twice.
 */
import type { Shown } from "./reporter.js";

/** Null: not a message that was stored. */
export function readRow(data: Readonly<Record<string, string | undefined>>): Shown | null {
	const { channel, id, offset, epoch } = data;
	if (channel === undefined || id === undefined || epoch === undefined) return null;
	const place = Number(offset);
	return Number.isInteger(place) && place >= 1 ? { channel, id, epoch, offset: place } : null;
}

/** Until the returned function is called. */
export function watchDocument(root: HTMLElement, shown: (message: Shown) => void): () => void {
	const look = (node: Node): void => {
		if (!(node instanceof HTMLElement)) return;
		const rows = node.matches("[data-offset]") ? [node] : node.querySelectorAll("[data-offset]");
		for (const row of rows) {
			const message = readRow((row as HTMLElement).dataset);
			if (message !== null) shown(message);
		}
	};
	const observer = new MutationObserver((changes) => {
		for (const { addedNodes } of changes) for (const node of addedNodes) look(node);
	});
	look(root);
	observer.observe(root, { childList: true, subtree: true });
	return () => observer.disconnect();
}
