/* Who is here: every socket, and the sessions of those that were admitted. */
import type { GoodbyeFrame } from "../protocol/frames.js";
import type { ServerSocket } from "./contract.js";
import type { Settings } from "./settings.js";

/** What can be closed, admitted or not. */
export interface Door {
	readonly isAdmitted: boolean;
	close(code: number, reason: string): void;
}

/** One that was admitted. */
export interface Member {
	readonly isOpen: boolean;
	goodbye(reason: GoodbyeFrame["reason"], deadlineMs: number, windowMs: number): void;
	close(code: number, reason: string): void;
}

/** A window that clients came back over all at once would be none: W = 1.2 × N ÷ rate. */
export const MARGIN = 1.2;
const SHORTEST_WINDOW_MS = 2_000;
const LONGEST_WINDOW_MS = 600_000;

export class Roster {
	readonly doors = new Set<Door>();
	readonly sessions = new Set<Member>();
	/** The server is leaving, and takes nobody in. */
	isDraining = false;
	readonly #byIdentity = new Map<string, Set<Member>>();
	readonly #settings: Settings;
	#emptied: (() => void)[] = [];

	constructor(settings: Settings) {
		this.#settings = settings;
	}

	/** W, the window over which everybody here could come back; 0: unknown. */
	get windowMs(): number {
		const { acceptRate } = this.#settings;
		if (acceptRate === null) return 0;
		const ms = Math.ceil(((MARGIN * this.sessions.size) / acceptRate) * 1_000);
		return Math.min(Math.max(ms, SHORTEST_WINDOW_MS), LONGEST_WINDOW_MS);
	}

	get isFull(): boolean {
		return this.doors.size >= this.#settings.maxConnections;
	}

	/** The reason of a close after which clients come back, spread over the window. */
	get windowReason(): string {
		return JSON.stringify({ w: this.windowMs });
	}

	of(identityId: string): ReadonlySet<Member> {
		return this.#byIdentity.get(identityId) ?? new Set();
	}

	enter(session: Member, identityId: string): void {
		this.sessions.add(session);
		const theirs = this.#byIdentity.get(identityId);
		if (theirs) theirs.add(session);
		else this.#byIdentity.set(identityId, new Set([session]));
	}

	leave(session: Member, identityId: string): void {
		this.sessions.delete(session);
		const theirs = this.#byIdentity.get(identityId);
		if (theirs?.delete(session) && theirs.size === 0) this.#byIdentity.delete(identityId);
		if (this.sessions.size > 0) return;
		for (const tell of this.#emptied.splice(0)) tell();
	}

	/** To come back, all of them spread over the window of all of them. */
	closeAll(): void {
		const reason = this.windowReason;
		for (const door of [...this.doors]) door.close(1012, reason);
	}

	/** Calls once, when the last session has left; at once if there is none. */
	whenEmpty(tell: () => void): void {
		if (this.sessions.size === 0) tell();
		else this.#emptied.push(tell);
	}
}

/** Turns a connection away at the door. */
export function turnAway(socket: ServerSocket, code: number, reason: string): void {
	try {
		socket.close(code, reason);
	} catch {
		// A socket that cannot even be closed is gone.
	}
}
