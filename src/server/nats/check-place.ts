import { RealtimeError } from "../../errors/realtime-error.js";
import type { NatsPlace } from "./connection.js";

/** @throws RealtimeError `invalid-option` */
export function checkPlace(place: NatsPlace): NatsPlace {
	const { stream, subject, replicas } = place;
	const fail = (why: string): never => {
		throw new RealtimeError("invalid-option", why);
	};
	if (!/^[\w-]+$/.test(stream)) fail("stream takes letters, digits, - and _.");
	if (!/^[\w-]+(?:\.[\w-]+)*$/.test(subject))
		fail("subject takes words of letters, digits, - and _, with dots between them.");
	if (![1, 3, 5].includes(replicas)) fail("replicas takes 1, 3 or 5.");
	return place;
}
