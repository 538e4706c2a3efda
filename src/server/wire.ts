import type { FollowedMessage } from "./contract.js";

/** The way out of one link, as what runs over it sees it. */
export interface Wire {
	/** A frame that is JSON already. It leaves in order, in a batch with what else is due. */
	send(frame: string): void;
	/** The same for a message, which may be written shorter than its frame. */
	sendMessage(message: FollowedMessage): void;
	/** Ends the link; what was sent before leaves first. */
	close(code: number, reason: string): void;
	readonly isOpen: boolean;
	/** So much waits that a replay should, too. */
	readonly isBusy: boolean;
	/** Resolves when the link is not busy any more, or closed. */
	room(): Promise<void>;
}
