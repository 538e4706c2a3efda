import type { Moment } from "../policy/moment.js";
import type { ConnectionInput } from "./contract.js";
import { type ConnectionMachine, type ConnectionPolicy, type Step, stay } from "./state.js";

export type { ConnectionMachine, ConnectionPolicy, Step } from "./state.js";
export { dueAt, initial } from "./state.js";

export function transition(
	state: ConnectionMachine,
	_input: ConnectionInput,
	_policy: ConnectionPolicy,
	_moment: Moment,
): Step {
	return stay(state);
}
