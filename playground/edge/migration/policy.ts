/* What a migration holds to, unless told otherwise. */
import type { MigrationPolicy } from "./contract.js";

export const MIGRATION_POLICY: MigrationPolicy = {
	steps: [0, 10, 25, 50, 75, 100],
	dwellMs: 15_000,
	windowMs: 5_000,
	badLooks: 2,
	fewestProbes: 10,
	fewestUsers: 20,
	errorShare: 0.1,
	timeoutShare: 0.1,
	latencyFactor: 1.5,
	latencySlackMs: 100,
	activeShare: 0.25,
	lackShare: 0.25,
};
