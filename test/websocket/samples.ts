/* A socket's machine in each of its states, and one of each input about what it holds. */
import { initial, recall } from "../../src/connection/state.js";
import { up, preferPrimary } from "../../src/endpoint/filters.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { HEARTBEAT, RECONNECT } from "../../src/policy/policies.js";
import type { SocketEnd, SocketInput, SocketPolicy } from "../../src/websocket/contract.js";
import { type SocketState, start, transition } from "../../src/websocket/machine.js";

export const ENDPOINTS = [{ url: "wss://a.example" }, { url: "wss://b.example" }];
export const RESILIENT: SocketPolicy = {
	...RECONNECT,
	filters: [up(), preferPrimary()],
	heartbeat: HEARTBEAT,
	loss: "redial",
	isFinal: ({ code }) => [1_000, 1_008].includes(code),
};
export const SINGLE_USE: SocketPolicy = { ...RESILIENT, loss: "end" };
export const BROKEN_OFF: SocketEnd = { code: 1006, reason: "", wasClean: false, hasFailed: true };
export const ended = (code: number): SocketEnd => ({
	code,
	reason: "",
	wasClean: true,
	hasFailed: false,
});

const random = (): number => 0.5;
export const memory = recall(initial(ENDPOINTS));

export function play(
	policy: SocketPolicy,
	...inputs: readonly (SocketInput | ((state: SocketState) => SocketInput))[]
): SocketState {
	return inputs.reduce<SocketState>(
		(state, input) => {
			const given = typeof input === "function" ? input(state) : input;
			return transition(state, given, { policy, now: 0, random })[0];
		},
		start(memory, { policy, now: 0, random })[0],
	);
}

export const opened = ({ dialId }: SocketState): SocketInput => ({ type: "opened", dialId });
export const lost =
	(end = BROKEN_OFF) =>
	({ dialId }: SocketState): SocketInput => ({ type: "lost", dialId, end });
export const closeRequested: SocketInput = {
	type: "close-requested",
	code: 3000,
	reason: "bye",
	buffered: 10,
};

export const STATES = (policy: SocketPolicy) =>
	({
		connecting: play(policy),
		reconnecting: play(RESILIENT, opened, lost(ended(4000))),
		open: play(policy, opened),
		"closing a link": play(policy, opened, closeRequested),
		"closing a dial": play(policy, closeRequested),
		closed: play(SINGLE_USE, opened, lost(ended(4000))),
	}) as const;

export const INPUTS = {
	opened,
	lost: lost(),
	unaddressed: ({ dialId }: SocketState): SocketInput => ({
		type: "unaddressed",
		dialId,
		cause: new RealtimeError("internal", "no URL", { retryable: true }),
	}),
	ticked: (): SocketInput => ({ type: "ticked", buffered: 10 }),
	woken: (): SocketInput => ({ type: "woken" }),
	"reconnect-requested": (): SocketInput => ({ type: "reconnect-requested", reason: "test" }),
	"close-requested": (): SocketInput => closeRequested,
} as const satisfies Record<SocketInput["type"], (state: SocketState) => SocketInput>;
