export type {
	ApiBehavior,
	ApiOutcome,
	Behavior,
	Dial,
	DialOutcome,
} from "./testing/behavior.js";
export { sequence } from "./testing/behavior.js";
export {
	createFakeServer,
	type FakeServer,
	type FakeServerOptions,
} from "./testing/fake-server.js";
export type {
	FleetCounts,
	FleetOptions,
	FleetReport,
	FleetScenario,
	FleetStep,
} from "./testing/fleet/contract.js";
export { simulateFleet } from "./testing/fleet/simulate-fleet.js";
export { createHarness, type Harness, type HarnessOptions } from "./testing/harness.js";
export type { SimulatedHost, Upgrade, UpgradeRequest } from "./testing/host.js";
export { serverHost } from "./testing/host.js";
export { createLifecycle, type SimulatedLifecycle } from "./testing/lifecycle.js";
export {
	createNetwork,
	type NetworkOptions,
	type NetworkStack,
	type SimulatedNetwork,
} from "./testing/network.js";
export type { Direction } from "./testing/route.js";
export { seededRandom } from "./testing/seeded-random.js";
export type { Platform } from "./testing/socket.js";
export {
	createVirtualClock,
	type VirtualClock,
	type VirtualClockOptions,
} from "./testing/virtual-clock.js";
