export { seededRandom } from "./testing/seeded-random.js";
export {
	createVirtualClock,
	type VirtualClock,
	type VirtualClockOptions,
} from "./testing/virtual-clock.js";
