import { useInsertionEffect, useState } from "./react.js";

/**
 * Made anew when the key changes, and never else. React may drop what `useMemo` holds, and hot reload
 * does: a list of messages must not be lost to that. A render that React throws away changes nothing.
 */
export function useKept<T>(make: () => T, key: readonly unknown[]): T {
	const [kept] = useState<{ key?: readonly unknown[]; value?: T }>({});
	const isSame = kept.key?.every((part, index) => part === key[index]);
	const value = isSame ? (kept.value as T) : make();
	useInsertionEffect(() => {
		kept.key = key;
		kept.value = value;
	});
	return value;
}
