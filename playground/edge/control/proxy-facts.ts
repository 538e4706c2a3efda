/** Read by us from a socket file that no page can reach. */
export interface ProxyFacts {
	readonly kind: "envoy" | "haproxy";
	readonly version: string;
	/** Two while it is replaced, or more where old ones still have clients. */
	readonly processes: number;
	/** Of clients, and of whoever asks for its health. */
	readonly connections: number;
	/** Answers of 5xx to who asked for a gateway, by its own count, since this process of it began. */
	readonly refused: number;
	/** How often it asked gateways that look dead, because most do; null: it never does (HAProxy). */
	readonly panics: number | null;
	/** Gateways that it was told of and has no place for; null: its lists have no end (Envoy). */
	readonly unplaced: number | null;
	/** Gateways, as it sees them. */
	readonly endpoints: readonly {
		readonly address: string;
		readonly isWell: boolean;
		/** "failed_outlier_check" */
		readonly why: readonly string[];
	}[];
}
