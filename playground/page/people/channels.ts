/* What people talk in. */

export interface ChatMessage {
	/** The fleet's clients have none but their identity. */
	readonly name?: string;
	readonly text: string;
}

export interface Typing {
	readonly typing: string;
}

export interface ChatChannel {
	readonly id: string;
	readonly label: string;
	readonly about: string;
}

export const CHANNELS: readonly ChatChannel[] = [
	{ id: "page.general", label: "general", about: "Everybody who has the page open" },
	{ id: "fleet.0", label: "lobby", about: "Ten clients of the fleet, and you" },
	{ id: "page.random", label: "random", about: "Anything else" },
];

/** Ephemeral messages have a channel of their own, so that a list of messages need not skip them. */
export const typingIn = (channel: string): string => `${channel}.typing`;
