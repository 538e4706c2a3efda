/* Ada and Lin talk by themselves, so that there is something to lose. Pure but for its two timers. */
import type { Person } from "./person.js";

const LINES = [
	"Has the release gone out?",
	"Yes, an hour ago. Did you notice?",
	"Not a thing.",
	"That is how it should be.",
	"Lunch at one?",
	"Half past, I am on a call.",
	"The dashboard looks calm today.",
	"I moved the review to Thursday.",
	"Thanks, that helps.",
	"Who has the notes of yesterday?",
	"I do, they are in the folder.",
	"The train is late again.",
	"Then we start without you, and you read it here.",
	"Every line of it?",
	"Every line, once, in order.",
	"How is the weather in Frankfurt?",
	"Grey. And in Dublin?",
	"Also grey, but friendly.",
	"The numbers for the quarter are in.",
	"Good ones?",
	"See for yourself.",
	"I will be five minutes late.",
	"No hurry.",
	"Coffee?",
] as const;

const PAUSE_MS = [1_200, 3_200] as const;
const TYPING_MS = [1_200, 2_400] as const;
/** One in so many is said elsewhere. */
const ELSEWHERE = 4;

const between = ([least, most]: readonly [number, number]): number =>
	least + Math.random() * (most - least);

/** Until the returned function is called. */
export function startSmallTalk(
	people: readonly Person[],
	channel: string,
	elsewhere: string,
): () => void {
	let timer: ReturnType<typeof setTimeout>;
	let said = 0;
	const next = (): void => {
		timer = setTimeout(() => {
			const speaker = people[said % people.length];
			const place = said % ELSEWHERE === ELSEWHERE - 1 ? elsewhere : channel;
			speaker?.type(place);
			timer = setTimeout(() => {
				// Who sleeps says nothing; who is offline writes all the same.
				const isAsleep = speaker?.weather.sky.get() === "asleep";
				if (!isAsleep) void speaker?.say(place, LINES[said % LINES.length] ?? "");
				said += 1;
				next();
			}, between(TYPING_MS));
		}, between(PAUSE_MS));
	};
	next();
	return () => clearTimeout(timer);
}
