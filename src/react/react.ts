/** The home of react: one import, however many files have hooks. */
export {
	type CSSProperties,
	createContext,
	createElement,
	type ReactNode,
	useContext,
	useInsertionEffect,
	useMemo,
	useState,
	useSyncExternalStore,
} from "react";
