/* Which address of a name to dial, and in which order the others follow. */
import type { Moment } from "../policy/moment.js";
import { isQuarantined, type KnownName } from "./answers.js";
import type { DnsAnswer } from "./dns-answer.js";

/**
 * Any of the addresses first, each equally likely, then the rest with the families in turn (RFC 8305, 4);
 * what is in quarantine comes last, the one that failed longest ago before the others.
 */
export function inOrder(known: KnownName, { now, random }: Moment): readonly DnsAnswer[] {
	const isOut = ({ address }: DnsAnswer): boolean => isQuarantined(known, address, now);
	const fit = shuffled(
		known.answers.filter((answer) => !isOut(answer)),
		random,
	);
	const failedAt = ({ address }: DnsAnswer): number =>
		known.quarantined.find((each) => each.address === address)?.since ?? 0;
	const rest = known.answers.filter(isOut).sort((a, b) => failedAt(a) - failedAt(b));
	return [...interleaved(fit), ...rest];
}

function shuffled(answers: readonly DnsAnswer[], random: () => number): readonly DnsAnswer[] {
	return answers
		.map((answer) => ({ answer, key: random() }))
		.sort((a, b) => a.key - b.key)
		.map(({ answer }) => answer);
}

function interleaved(answers: readonly DnsAnswer[]): readonly DnsAnswer[] {
	const first = answers[0]?.family;
	const ours = answers.filter(({ family }) => family === first);
	const others = answers.filter(({ family }) => family !== first);
	const length = Math.max(ours.length, others.length);
	return Array.from({ length }, (_, at) => [ours[at], others[at]])
		.flat()
		.filter((answer) => answer !== undefined);
}
