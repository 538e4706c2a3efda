/* What a client that a user could take instead is to the bench: its client side, its server side, what it lacks. */

/** All that is said in a bench, either way. */
export type Said =
	/** Published again and again; its phase tells what has happened by then. */
	| { readonly is: "beat"; readonly phase: number }
	/** One of a row without holes. */
	| { readonly is: "count"; readonly n: number }
	/** One of very many. */
	| { readonly is: "load"; readonly n: number; readonly text: string };

export type Hear = (said: Said) => void;
/** The program is told that one of its publishes will not arrive. */
export type Refused = () => void;

/** One client, subscribed to what its server publishes. */
export interface Connection {
	/** Hands it to the client, whatever becomes of it. */
	publish(said: Said): void;
}

/** Its server, with everything that clients publish going to the `Hear` it was made with. */
export interface Served {
	readonly port: number;
	/** To all that are subscribed. */
	publish(said: Said): void;
	/** Many in as few frames as its protocol has for it. */
	publishTogether(said: readonly Said[]): void;
	/** Where more than the process must end. */
	stop?(): PromiseLike<void>;
}

/** A value with its reason, and never a zero. */
export type Lacks = Partial<
	Record<"reconnect" | "list" | "together" | "size" | "server" | "publish", string>
>;

export interface Peer {
	readonly name: string;
	/** On npm; the first one's version is told. */
	readonly packages: readonly string[];
	/** What a page imports, for its size. */
	readonly entry: string;
	/** The vendor's, in force here: what a reader must know to read the figures. */
	readonly defaults: string;
	/** What it ran against. */
	readonly server: string;
	/** What it does not have, and why it is not measured then. */
	readonly lacks: Lacks;
	/** `urls` are `ws://host:port`; a peer without a list takes the first. */
	connect(urls: readonly string[], hear: Hear, refused: Refused): Connection | Promise<Connection>;
	serve(hear: Hear): Promise<Served>;
}

/** How many messages of ours share a frame, where the application is to pack them. */
export const A_FRAME = 50;
