/*
 * What happens when…: every wire between the machines, in one place. Left the order or the fact,
 * right what the others are told. The supervisor has the hands; no decision is made here.
 */
import type { ConnectionEffect } from "../connection/contract.js";
import type { ModeEffect } from "../degraded/contract.js";
import type { ServerFrame } from "../protocol/frames.js";
import type { Link } from "./link.js";
import type { Shell } from "./shell.js";

/** Over at least this long clients follow a drained name, however small the server's own window. */
const FOLLOW_MS = 10_000;

type OrderTable<E extends { readonly type: string }> = {
	readonly [T in E["type"]]: (shell: Shell, order: Extract<E, { type: T }>) => void;
};
type FrameTable = {
	readonly [T in ServerFrame["type"]]: (
		shell: Shell,
		link: Link,
		frame: Extract<ServerFrame, { type: T }>,
	) => void;
};

/** Orders of the connection machine. */
export const CONNECTION_ORDERS: OrderTable<ConnectionEffect> = {
	dial: (shell, { dialId, endpoint }) => shell.links.dial(dialId, endpoint),
	greet: (shell, { dialId }) => {
		shell.subscriptions.opened(dialId, "websocket");
		shell.links.greet(dialId);
	},
	// Ephemeral messages count from the new link alone, and it alone publishes: the unanswered first.
	adopt: (shell, { dialId, previous }) => {
		shell.subscriptions.adopted(dialId);
		shell.links.adopt(dialId, previous);
	},
	"hang-up": (shell, { dialId, code, reason }) => shell.links.hangUp(dialId, code, reason),
	report: (shell, order) => shell.log(order),
};

/** Orders of the mode machine. */
export const MODE_ORDERS: OrderTable<ModeEffect> = {
	poll: (shell, order) => shell.polling.poll(order),
	"stop-polling": (shell) => shell.polling.stop(),
};

/** Frames of a live link. Pings never come here: the link answers them. */
export const FRAMES: FrameTable = {
	welcome: (shell, link, frame) => {
		if (!shell.links.recognise(link, frame.identity)) return;
		shell.links.keepToken(link, frame.tokenTtlMs);
		shell.connection.send({
			type: "welcomed",
			dialId: link.dialId,
			windowMs: frame.windowMs,
			maxAgeMs: frame.maxAgeMs,
		});
		shell.links.settle();
	},
	"token-accepted": (shell, link, frame) => shell.links.keepToken(link, frame.tokenTtlMs),
	subscribed: (shell, link, frame) => shell.subscriptions.received(link.dialId, frame),
	gap: (shell, link, frame) => shell.subscriptions.received(link.dialId, frame),
	message: (shell, link, frame) => shell.subscriptions.received(link.dialId, frame),
	heads: (shell, link, frame) => shell.subscriptions.headed(link.dialId, frame.heads),
	published: (shell, link, frame) => shell.publisher.answered(link.dialId, frame),
	rejected: (shell, link, frame) => {
		if (typeof frame.id === "number") shell.subscriptions.rejected(link.dialId, frame);
		else shell.publisher.answered(link.dialId, frame);
	},
	goodbye: (shell, link, frame) => {
		const { reason, deadlineMs, windowMs, endpoints = [] } = frame;
		const deadlineAt = shell.runtime.clock.now() + deadlineMs;
		shell.events.emit("goodbye", { reason, deadlineAt });
		const what = { dialId: link.dialId, reason, deadlineMs, windowMs, endpoints };
		shell.connection.send({ type: "goodbye-received", ...what });
	},
	ping: () => undefined,
	pong: () => undefined,
};

type Status = Shell["connection"]["state"];

/** After every change of the connection machine. */
export function connectionChanged(shell: Shell, state: Status, previous: Status): void {
	const { status, announcedMs } = state;
	if (status !== previous.status) {
		if (status === "closed" || status === "failed") shell.mode.send({ type: "stopped" });
		else if (previous.status === "connected") shell.mode.send({ type: "link-lost", announcedMs });
		else if (isAtRest(previous.status)) shell.mode.send({ type: "started" });
	}
	if (state.exhausted && !previous.exhausted)
		shell.mode.send({ type: "endpoints-exhausted", announcedMs });
	const retryAt = status === "reconnecting" ? state.retryAt : null;
	shell.admission.watch(retryAt === null ? null : retryAt - shell.runtime.clock.monotonic());
	shell.share?.connectionChanged();
	shell.shown.updateConnection();
	shell.shown.updateBanner();
}

const isAtRest = (status: Status["status"]): boolean =>
	status === "idle" || status === "closed" || status === "failed";

/** A link on which every channel has been answered. */
export function linkSettled(shell: Shell, link: Link): void {
	shell.connection.send({ type: "settled", dialId: link.dialId });
	shell.shown.updateConnection();
	if (link === shell.links.live) shell.mode.send({ type: "link-settled" });
}

/** After every change of the mode machine. */
export function modeChanged(shell: Shell): void {
	shell.shown.updateMode();
	shell.shown.updateBanner();
}

/** A drain by DNS takes live links along: spread, or the new addresses are met by all at once. */
export function nameDrained(shell: Shell): void {
	const windowMs = Math.max(shell.connection.state.windowMs, FOLLOW_MS);
	shell.connection.send({ type: "migrate-requested", reason: "DNS drain", windowMs });
}

/** The environment says: look now. A live link is asked for a sign of life; a sleeping redial wakes. */
export function woken(shell: Shell, reason: string): void {
	shell.links.probe();
	// "offline" only asks: an event that is often wrong hangs nobody up.
	if (reason !== "offline") shell.connection.send({ type: "woken", reason });
}
