/**
 * A place in a channel's log. In one epoch offsets are consecutive integers, so loss and repeats are
 * told by arithmetic; epochs of a channel grow, compared as text, whenever its log may have lost a tail.
 */
export interface Position {
	readonly epoch: string;
	readonly offset: number;
}

/** Where a subscription starts, on the wire. Null: at the head. */
export type StartAt = Position | "earliest" | { readonly last: number } | null;
