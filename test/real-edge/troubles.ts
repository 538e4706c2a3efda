/*
 * A client follows a changed record once in ten minutes, and only where the name was steady before. So the record
 * is changed before anything by which the monitor may call a PoP down; what comes before it fills its waiting time.
 */
import { CHURN } from "./churn.js";
import type { Trouble, World } from "./contract.js";
import { GATEWAY_KILL, POP_BLACK_HOLE, POP_KILL } from "./deaths.js";
import { MIGRATION } from "./migration.js";
import { DEPLOY, DNS_FLIP, HANDOVER, HOT_RESTART } from "./planned.js";
import { MIGRATION_POLICY } from "../../playground/edge/migration/policy.js";

export const TROUBLES: readonly Trouble[] = [
	GATEWAY_KILL,
	DEPLOY,
	DNS_FLIP,
	HANDOVER,
	CHURN,
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
