/* What the page's own server tells it. */

/** As of `GET /run`. */
export interface Run {
	/** Another one means that the playground was started anew. */
	readonly id: string;
	/** Of the control API: "http://127.0.0.1:4702". */
	readonly control: string;
	readonly token: string;
}
