/**
 * A place in a channel's log. In one epoch offsets are consecutive integers, so loss and repeats are
 * told by arithmetic; epochs of a channel grow, compared as text, whenever its log may have lost a tail.
 */
export interface Position {
	/** The life of the log; a later one sorts after it as text. */
	readonly epoch: string;
	/** The place in that epoch: an integer, from 1; 0 is before the first message. */
	readonly offset: number;
}

/** Where a subscription starts, on the wire. Null: at the head. */
export type StartAt = Position | "earliest" | { readonly last: number } | null;
