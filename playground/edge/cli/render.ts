/* What people read of it. */
import type { EdgeState } from "../control/contract.js";
import type { Drain, DrainView, Seen, ZoneHealth } from "../drain/contract.js";
import type { Plan } from "../drain/plan.js";
import { percentOf } from "../drain/target.js";
import type { MigrationView } from "../migration/contract.js";

export function renderStatus({ drain, sockets, migration }: EdgeState): string {
	const { state, seen, zones, audit, trouble } = drain;
	const lines = [
		`automation ${state.automation}`,
		`sockets    ${sockets.primary + sockets.backup}`,
		`migration  ${renderMigration(migration)}`,
		"",
		...seen.map((pop) => {
			const own = zones.filter((zone) => zone.pop === pop.pop);
			const healths = own.map(({ zone }) => `${zone} ${healthOf(drain, zone)}`).join(", ");
			const drains = state.drains.filter(({ target }) => target.pop === pop.pop);
			const what = drains.length === 0 ? "" : `  ${drains.map(renderDrain).join("; ")}`;
			return `${pop.pop}  ${String(pop.sockets).padStart(5)} sockets  ${pop.isUp ? "up  " : "down"}  ${healths}${what}`;
		}),
		...(audit.length === 0 ? [] : ["", ...audit.map((line) => `${line.at} ${renderEntry(line)}`)]),
		...(trouble === null ? [] : ["", trouble]),
	];
	return lines.join("\n");
}

export function renderPlan(id: string, { refusal, steps }: Plan): string {
	if (refusal !== null) return `Would be refused: ${refusal}`;
	const lines = steps.map(
		(step) => `${`+${(step.afterMs / 1_000).toFixed(1)} s`.padStart(9)}  ${renderEntry(step)}`,
	);
	return [`Plan for ${id}; nothing is done.`, ...lines].join("\n");
}

function renderMigration({ state, percent, arms }: MigrationView): string {
	const why = state.is === "halted" ? `: ${state.reasons.join("; ")}` : "";
	const users =
		arms === null
			? ""
			: `; active users ${arms.old.active} of ${arms.old.users}, behind the new arm ${arms.new.active} of ${arms.new.users}`;
	return state.is === "idle" ? "idle" : `${state.is} at ${percent} %${why}${users}`;
}

function renderDrain(drain: Drain): string {
	const { id, by, stage } = drain;
	const empty = stage.is === "drained" && stage.isEmpty ? ", empty" : "";
	return `${id}: ${stage.is} at ${percentOf(drain)} % by ${by}${empty}`;
}

function renderEntry({
	what,
	id,
	by,
	percent,
	why,
}: DrainView["audit"][number] | Plan["steps"][number]): string {
	const share = percent === null ? "" : ` ${percent} %`;
	return `${what}${id === null ? "" : ` ${id}`}${share} (${by}): ${why}`;
}

function healthOf({ state, seen }: Pick<DrainView, "state" | "seen">, zone: string): string {
	if (state.automation === "off") return "not probed";
	const known: ZoneHealth | undefined = state.health[zone];
	const { asked = 0, failed = 0 } = zoneIn(seen, zone) ?? {};
	return `${known?.health.is ?? "well"} (${asked - failed}/${asked})`;
}

const zoneIn = (seen: Seen, name: string) =>
	seen.flatMap(({ zones }) => zones).find(({ zone }) => zone === name);
