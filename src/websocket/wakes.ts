/* When to look: the events of pages. A whole lifecycle would cost a third of the drop-ins' budget. */
import type { Lifecycle } from "../runtime/runtime.js";

const EVENTS = ["online", "pageshow", "resume", "visibilitychange"];

export function watchWakes(
	lifecycle: Lifecycle | undefined,
	listener: () => void,
	host: Partial<EventTarget> = globalThis,
): () => void {
	if (lifecycle) return lifecycle.onWake(listener);
	const hear = (): void => listener();
	// Captured, the document's own events pass here too.
	for (const type of EVENTS) host.addEventListener?.(type, hear, true);
	return () => {
		for (const type of EVENTS) host.removeEventListener?.(type, hear, true);
	};
}
