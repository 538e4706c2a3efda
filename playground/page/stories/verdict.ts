/* How a story ended, in a sentence. Pure. */
import type { Verdict } from "../../edge/stories/contract.js";
import { figure } from "../ledger/count.js";

export function verdictWords(verdict: Verdict): string {
	const { ok, failures, seconds, clients, messages } = verdict;
	if (!ok) return `It did not hold. ${failures[0] ?? ""}`;
	const time = `${Math.round(seconds)} s`;
	const over = `${figure(messages)} messages to ${figure(clients)} clients in ${time}`;
	return `It held: ${over}; none lost, none repeated, none out of order.`;
}
