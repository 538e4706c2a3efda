import type { Position } from "../protocol/position.js";

/** Epochs of a channel grow as text. */
export function isLater(position: Position, than: Position): boolean {
	return position.epoch === than.epoch
		? position.offset > than.offset
		: position.epoch > than.epoch;
}

export function isSame(position: Position, other: Position): boolean {
	return position.epoch === other.epoch && position.offset === other.offset;
}
