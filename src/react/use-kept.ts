import { useState } from "./react.js";

/**
 * Made anew when the key changes, and never else. React may drop what `useMemo` holds, and hot reload
 * does: a list of messages must not be lost to that.
 */
export function useKept<T>(make: () => T, key: readonly unknown[]): T {
	const [kept, keep] = useState(() => ({ key, value: make() }));
	if (key.every((part, index) => part === kept.key[index])) return kept.value;
	const next = { key, value: make() };
	keep(next);
	return next.value;
}
