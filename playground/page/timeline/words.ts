/* What happened, in words: one line, and the answer to "why?". Pure. */
import type { VisitState } from "../../edge/control/contract.js";
import type { Entry, Happening } from "./entry.js";

/** The four that colour stands for, and none. */
export type Tone = "primary" | "backup" | "polling" | "fault" | "plain";

export interface Line {
	readonly tone: Tone;
	readonly words: string;
}

export type Fact = readonly [label: string, value: string];

type Transition = Extract<Happening, { is: "transition" }>;

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`;

/** "ws://ada-k3.dub.primary.localhost:4701/" is the primary. */
export const roleOf = (endpoint: string): "primary" | "backup" =>
	/\bbackup\.localhost\b/.test(endpoint) ? "backup" : "primary";

export function lineOf({ happening, at }: Entry, place: string | null): Line {
	switch (happening.is) {
		case "transition":
			return ofConnection(happening, at, place);
		case "mode":
			return ofMode(happening);
		case "banner":
			return happening.kind === null
				? { tone: "plain", words: "the banner is gone" }
				: { tone: "plain", words: `banner: ${happening.kind}` };
		case "goodbye":
			return {
				tone: "plain",
				words: `asked to leave within ${seconds(happening.deadlineAt - at)} (${happening.reason})`,
			};
		case "gap":
			return { tone: "fault", words: `a gap in ${happening.channel}: ${happening.missed} missed` };
		case "error":
			return { tone: "fault", words: `${happening.code}: ${happening.message}` };
		case "action":
			return { tone: "plain", words: happening.words };
		default:
			return happening satisfies never;
	}
}

function ofConnection(transition: Transition, at: number, place: string | null): Line {
	const { to, dialId } = transition;
	switch (to.status) {
		case "connected": {
			const where = place === null ? "" : ` in ${place}`;
			return { tone: to.role, words: `connected to the ${to.role}${where}` };
		}
		case "connecting":
			return { tone: "plain", words: dialWords(to.endpoint, dialId) };
		case "reconnecting":
			return { tone: "plain", words: reconnectingWords(transition, to.retryAt, at) };
		case "failed":
			return { tone: "fault", words: `stopped: ${to.cause.message}` };
		case "idle":
		case "closed":
			return { tone: "plain", words: to.status };
		default:
			return to satisfies never;
	}
}

function reconnectingWords(transition: Transition, retryAt: number | null, at: number): string {
	if (retryAt !== null) return `no link; next try in ${seconds(Math.max(0, retryAt - at))}`;
	const { from, endpoint, dialId } = transition;
	// A round begins after a wait. Within it, the machine tells of the dial that has failed.
	const isFirst = from.status === "reconnecting" && from.retryAt !== null;
	if (isFirst) return dialWords(endpoint, dialId);
	return endpoint === null ? "no link" : `the ${roleOf(endpoint)} fails (dial ${dialId})`;
}

function dialWords(endpoint: string | null, dialId: number): string {
	const name = endpoint === null ? "" : ` the ${roleOf(endpoint)}`;
	return `dials${name} (dial ${dialId})`;
}

function ofMode({ mode }: Extract<Happening, { is: "mode" }>): Line {
	switch (mode.mode) {
		case "normal":
			return { tone: "plain", words: "everything is promised again" };
		case "degraded":
			return { tone: "polling", words: `degraded mode: messages go over HTTP` };
		case "offline":
			return { tone: "fault", words: "offline: what is written waits" };
		default:
			return mode satisfies never;
	}
}

export interface Context {
	/** Of this client, oldest first. */
	readonly visits: readonly VisitState[];
	/** How many messages were replayed after this entry's link was made. */
	readonly replayed: number;
	readonly now: number;
	/** "DUB" → "Dublin" */
	readonly cityOf: (pop: string) => string;
}

/** The state of edges comes four times a second, and the front asked DNS before the link was made. */
const LAG_MS = 500;

/** The newest connection to this name that had begun by then. */
export function visitOf(
	visits: readonly VisitState[],
	name: VisitState["name"],
	at: number,
): VisitState | undefined {
	return visits.findLast((visit) => visit.name === name && visit.askedAt <= at + LAG_MS);
}

export function whyOf(entry: Entry, context: Context): readonly Fact[] {
	const { happening, outbox, dials } = entry;
	const facts: Fact[] = [];
	if (happening.is === "transition") facts.push(...ofTransition(happening, entry.at, context));
	if (happening.is === "mode" && happening.mode.mode !== "normal")
		facts.push(["held by", happening.mode.reasons.join(", ") || "nothing"]);
	if (happening.is === "goodbye") facts.push(["reason", happening.reason]);
	facts.push(["in the outbox", outbox === 0 ? "nothing" : `${outbox} without a receipt`]);
	facts.push(["dials so far", String(dials)]);
	return facts;
}

function ofTransition(transition: Transition, at: number, context: Context): readonly Fact[] {
	const { to, from, reason, endpoint, dialId } = transition;
	const facts: Fact[] = [
		["reason", reason],
		["from", from.status],
		["dial", dialId === 0 ? "none yet" : `no. ${dialId}`],
	];
	if (to.status === "reconnecting" && to.retryAt !== null) {
		const waitMs = Math.max(0, to.retryAt - at);
		facts.push(["wait drawn", `${seconds(waitMs)}, ${rangeOf(to.attempt, waitMs)}`]);
		facts.push(["cause", `${to.cause.code}: ${to.cause.message}`]);
	}
	if (endpoint !== null) facts.push(...ofName(roleOf(endpoint), at, context));
	if (to.status === "connected")
		facts.push(["replayed", context.replayed === 0 ? "nothing" : `${context.replayed} messages`]);
	return facts;
}

function ofName(role: "primary" | "backup", at: number, context: Context): readonly Fact[] {
	const visit = visitOf(context.visits, role, at);
	if (visit === undefined) return [["name", role]];
	if (visit.pop === null)
		return [
			["name", role],
			["DNS", "had no answer"],
		];
	const leftMs = visit.askedAt + visit.ttlMs - context.now;
	const life = leftMs > 0 ? `${seconds(leftMs)} left` : "expired";
	return [
		["name", role],
		["DNS answer", `${visit.answers.join(", ")} (${context.cityOf(visit.pop)})`],
		["used", `${visit.address}, TTL ${seconds(visit.ttlMs)}, ${life}`],
	];
}

const [FIRST_MS, BASE_MS, CAP_MS, GROWTH] = [500, 500, 4_000, 1.6];

/** As docs/ARCHITECTURE.md has the law, for a client without a window of a server's. */
export function spanOf(attempt: number): number {
	return attempt === 0 ? FIRST_MS : Math.min(CAP_MS, BASE_MS * GROWTH ** (attempt - 1));
}

function rangeOf(attempt: number, waitMs: number): string {
	const spanMs = spanOf(attempt);
	if (waitMs > spanMs) return "from the window that the server named";
	return `uniform from 0 to ${seconds(spanMs)}`;
}
