/* Nothing lost, nothing repeated? Counted here by arithmetic, not asked of the client. */
import { byId, setText } from "./dom.js";

/** In one epoch of a channel the offsets are consecutive: loss and repetition show by arithmetic. */
export function newLedger() {
	const place = byId("ledger");
	const counts = { lost: 0, repeated: 0, "out of order": 0, delivered: 0 };
	let seen = new Set();
	let last = null;
	const show = () => {
		const words = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
		setText(place, words.join(" · "));
	};
	show();
	return {
		restart: () => {
			seen = new Set();
			last = null;
		},
		count: ({ id, position }) => {
			counts.delivered += 1;
			if (seen.has(id)) counts.repeated += 1;
			seen.add(id);
			const isSameEpoch = last !== null && last.epoch === position.epoch;
			const step = isSameEpoch ? position.offset - last.offset : 1;
			if (step > 1) counts.lost += step - 1;
			if (step < 1) counts["out of order"] += 1;
			last = position;
			show();
		},
	};
}
