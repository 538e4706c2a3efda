import type { Measure } from "../measure.js";
import { crash } from "./crash.js";
import { deliveredOne, deliveredTogether } from "./delivered.js";
import { failoverRefused, failoverSilent } from "./failover.js";
import { firstMessage } from "./first-message.js";
import { halfOpenBusy, halfOpenIdle } from "./half-open.js";
import { heap } from "./heap.js";
import { loss } from "./loss.js";
import { mute } from "./mute.js";
import { longOutage, shortOutage } from "./outage.js";
import { size } from "./size.js";

export const MEASURES: readonly Measure[] = [
	size,
	heap,
	deliveredOne,
	deliveredTogether,
	firstMessage,
	shortOutage,
	longOutage,
	failoverRefused,
	failoverSilent,
	halfOpenIdle,
	halfOpenBusy,
	mute,
	loss,
	crash,
];
