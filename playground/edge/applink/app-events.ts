/* The webapp's side of Applink: what is published to "app:<id>" is an event for that app. */
import type { FollowedMessage, MessageLog } from "holdfast/server";
import { Applink } from "./applink.js";
import type { AppConfig } from "./contract.js";

export class AppEvents {
	readonly applink: Applink;
	readonly #apps: readonly AppConfig[];
	readonly #log: Pick<MessageLog, "follow">;
	readonly #following: AsyncDisposable[] = [];

	/**
	 * `links`: what an app dials, without its query. They are given out in turn: who could not dial one asks again,
	 * and gets another.
	 */
	constructor(
		apps: readonly AppConfig[],
		log: Pick<MessageLog, "follow">,
		links: readonly [string, ...string[]],
	) {
		this.#apps = apps;
		this.#log = log;
		let given = 0;
		this.applink = new Applink({
			apps,
			linkOf: () => links[given++ % links.length] ?? links[0],
		});
	}

	/** Without apps there is nothing to listen for, and no host. */
	async start(): Promise<void> {
		if (this.#apps.length === 0) return;
		await this.applink.start();
		for (const { id } of this.#apps) {
			const heard = (message: FollowedMessage): void => this.#tell(id, message);
			this.#following.push(await this.#log.follow(`app:${id}`, heard));
		}
	}

	async stop(): Promise<void> {
		for (const each of this.#following.splice(0)) await each[Symbol.asyncDispose]();
		await this.applink.stop();
	}

	#tell(app: string, { from, data, at, channel, position }: FollowedMessage): void {
		// A broadcast is stored nowhere, and so it is not told twice either.
		if (position === null) return;
		const event = { type: "message", channel, user: from, text: data };
		const payload = {
			type: "event_callback",
			api_app_id: app,
			event_id: `Ev-${position.epoch}-${position.offset}`,
			event_time: Math.floor(at / 1_000),
			event,
		};
		// What became of it is in Applink's counts.
		void this.applink.publish(app, { kind: "events_api", payload, acceptsResponsePayload: false });
	}
}
