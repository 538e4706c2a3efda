/** Safari has no Symbol.dispose yet; a key of our own keeps objects disposable by `dispose()` there. */
export const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
	Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

export function disposable(dispose: () => void): Disposable {
	return { [DISPOSE]: dispose };
}

export function dispose(subject: Disposable | null | undefined): void {
	subject?.[DISPOSE]();
}
