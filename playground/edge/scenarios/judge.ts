/*
 * From what was seen to a verdict, pure. The story has said already whether its fault struck anybody and what
 * the ledger missed; a scenario shows nothing either where too little was said.
 */
import type { Verdict } from "../stories/contract.js";
import { type Measured, MOST_SECONDS, type Scenario, type ScenarioVerdict } from "./contract.js";

export function judge(
	{ name }: Pick<Scenario, "name">,
	verdict: Verdict,
	{ seed, proxy }: Pick<ScenarioVerdict, "seed" | "proxy">,
	{ figures, failures: measured }: Measured = { figures: {}, failures: [] },
): ScenarioVerdict {
	const { story: _, ...rest } = verdict;
	const { clients, seconds, published } = verdict;
	const owed = Math.floor(clients * seconds);
	const failures = [
		...verdict.failures,
		...measured,
		...(clients === 0 ? ["Nobody was there: a fleet without clients shows nothing."] : []),
		...(published < owed
			? [`Too little was said: ${published} messages published, of clients × seconds = ${owed}.`]
			: []),
	];
	const ok = failures.length === 0;
	const isInTime = seconds <= MOST_SECONDS;
	const is = ok ? "passed" : "failed";
	return { ...rest, scenario: name, proxy, is, ok, failures, seed, isInTime, figures };
}

/** Of one that was not run: no success, and no failure of the edge either. */
export function notRun(
	{ name }: Pick<Scenario, "name">,
	{ seed, proxy }: Pick<ScenarioVerdict, "seed" | "proxy">,
	why: string,
): ScenarioVerdict {
	return {
		scenario: name,
		proxy,
		is: "not-run",
		ok: false,
		failures: [`Not run: ${why}`],
		...{ seconds: 0, clients: 0, messages: 0, published: 0 },
		...{ lost: 0, repeated: 0, outOfOrder: 0, late: 0, altered: 0 },
		...{ steps: [], seed, isInTime: true, figures: {} },
	};
}

/** One line for people. */
export function renderVerdict(verdict: ScenarioVerdict): string {
	const { is, failures, seconds, clients, published, messages, lost, repeated } = verdict;
	const { proxy } = verdict;
	const scenario = `${verdict.scenario}${proxy === "embedded" ? "" : ` (${proxy})`}`;
	if (is === "not-run") return `– ${scenario}: ${failures.join(" ")}`;
	const time = `${seconds.toFixed(0)} s${verdict.isInTime ? "" : ` (more than ${MOST_SECONDS})`}`;
	const figures = Object.entries(verdict.figures).map(([name, value]) => `, ${name} ${value}`);
	const counts = `${clients} clients, ${published} published, ${messages} delivered, ${lost} lost, ${repeated} repeated, ${time}${figures.join("")}`;
	return is === "passed"
		? `✓ ${scenario}: ${counts}`
		: `✗ ${scenario}: ${failures.join(" ")} (${counts})`;
}
