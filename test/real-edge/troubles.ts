/* Those that change no answer of DNS come before those that do: names are to be steady by then. */
import { CHURN } from "./churn.js";
import type { Trouble, World } from "./contract.js";
import { GATEWAY_KILL, POP_BLACK_HOLE, POP_KILL } from "./deaths.js";
import { MIGRATION } from "./migration.js";
import { DEPLOY, DNS_FLIP, HANDOVER, HOT_RESTART } from "./planned.js";
import { MIGRATION_POLICY } from "../../playground/edge/migration/policy.js";

export const TROUBLES: readonly Trouble[] = [
	GATEWAY_KILL,
	DEPLOY,
	HANDOVER,
	CHURN,
	DNS_FLIP,
	POP_KILL,
	POP_BLACK_HOLE,
	HOT_RESTART,
	MIGRATION,
];

export const WORLDS: readonly World[] = [
	{ name: "envoy", config: () => ({ proxy: "envoy" }) },
	{ name: "hot-restart", config: () => ({ proxy: "envoy", replacing: "hot-restart" }) },
	{
		name: "migration",
		config: ({ dwellMs }) => ({
			...{ proxy: "haproxy", newArm: "envoy" },
			migration: { ...MIGRATION_POLICY, dwellMs },
		}),
	},
];
