/* The command line of `npm run edge`, checked, before anything is asked of anybody. */
import { parseArgs } from "node:util";
import {
	AUTOMATIONS,
	type Automation,
	type Pace,
	SERVICES,
	type Service,
} from "../drain/contract.js";
import { isStep } from "../drain/policy.js";

export interface DrainCommand {
	readonly is: "drain" | "undrain" | "plan";
	readonly pop: string | undefined;
	readonly zone: string | undefined;
	readonly service: Service | undefined;
	readonly pace: Pace;
	readonly reason: string | undefined;
}

export type Command = { readonly isJson: boolean; readonly runFile: string | undefined } & (
	| DrainCommand
	| { readonly is: "status" | "help" | "migrate" | "rollback" }
	| { readonly is: "automation"; readonly automation: Automation }
);

export const HELP = `Usage: npm run edge -- <command> [options]

Speaks to the playground that runs (npm run playground -- --edge full).

  status                     what is drained, how its zones are, and the end of the audit log
  drain                      leads newcomers elsewhere by DNS; of a whole PoP, everybody who is there
                             is asked to leave then. Refused where too little would be left
  undrain                    and back
  plan                       what a drain would do, step by step, without doing it
  migrate                    leads newcomers to each PoP's last balancer, in steps of 0, 10, 25, 50, 75 and
                             100 %, as long as it fares no worse than the others
  rollback                   and back, at once
  automation on|watch|off    drains by itself what is ill; says what it would do; neither

  --pop <name>               of drain, undrain, plan: DUB
  --zone <name>              one of its zones: DUB-a
  --service <name>           ${SERVICES.join(", ")}. (default: all)
  --step <percent>           of the newcomers at a time, 1% to 100%. (default: 100%)
  --every <time>             from step to step: 500ms, 2s, 1m. (default: 1s)
  --reason <text>            for the audit log
  --dry-run                  drain becomes plan
  --json                     for programs
  --run-file <path>          of another playground's run. (default: .tmp/edge.json)
  --help                     prints this
`;

/** Throws with words for people. */
export function readCommand(args: readonly string[]): Command {
	const { values, positionals } = parse(args);
	const [is, ...rest] = positionals;
	const common = { isJson: values.json ?? false, runFile: values["run-file"] };
	if (values.help || is === undefined || is === "help") return { ...common, is: "help" };
	switch (is) {
		case "drain":
		case "undrain":
		case "plan": {
			const [stray] = rest;
			if (stray !== undefined)
				throw new Error(`"${stray}" is too much: places are --pop and --zone.`);
			return { ...common, ...readDrain(values["dry-run"] ? "plan" : is, values) };
		}
		case "status":
		case "migrate":
		case "rollback":
			return { ...common, is };
		case "automation":
			return { ...common, is, automation: oneOf("automation", AUTOMATIONS, rest[0] ?? "") };
		default:
			throw new Error(`There is no "${is}": see npm run edge -- --help.`);
	}
}

function parse(args: readonly string[]) {
	const text = { type: "string" } as const;
	const flag = { type: "boolean" } as const;
	return parseArgs({
		args: [...args],
		allowPositionals: true,
		options: {
			pop: text,
			zone: text,
			service: text,
			step: text,
			every: text,
			reason: text,
			"run-file": text,
			"dry-run": flag,
			json: flag,
			help: { type: "boolean", short: "h" },
		},
	});
}

type Values = ReturnType<typeof parse>["values"];

function readDrain(is: DrainCommand["is"], values: Values): DrainCommand {
	const { pop, zone, service, step = "100%", every = "1s", reason } = values;
	if (pop === undefined && zone === undefined)
		throw new Error(`Which one? npm run edge -- ${is} --pop DUB, or --zone DUB-a.`);
	if (is === "undrain" && reason !== undefined) throw new Error("undrain takes no --reason.");
	return {
		is,
		pop,
		zone,
		service: service === undefined ? undefined : oneOf("--service", SERVICES, service),
		pace: { stepPercent: readPercent(step), everyMs: readTime(every) },
		reason,
	};
}

function oneOf<T extends string>(what: string, values: readonly T[], given: string): T {
	const found = values.find((value) => value === given);
	if (found === undefined) throw new Error(`${what} is ${values.join(", ")}; not "${given}".`);
	return found;
}

function readPercent(text: string): number {
	const percent = Number(/^(\d{1,3})%?$/.exec(text)?.[1]);
	if (!isStep(percent)) throw new Error(`--step is from 1% to 100%, whole; not "${text}".`);
	return percent;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

function readTime(text: string): number {
	const [, count = "", unit = ""] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
	const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
	if (!(ms >= 0 && ms <= 600_000))
		throw new Error(`--every is 500ms, 2s or 1m, up to 10m; not "${text}".`);
	return ms;
}
