import { simulate } from "./simulation.js";
const from = Number(process.argv[2] ?? 1),
	n = Number(process.argv[3] ?? 1);
const t = performance.now();
const strikes = new Map<string, number>();
let bad = 0;
for (let seed = from; seed < from + n; seed++) {
	const o = await simulate(seed, process.argv[4] === "v" ? "recorded" : "judged");
	for (const [k, v] of o.strikes) strikes.set(k, (strikes.get(k) ?? 0) + v);
	if (process.argv[4] === "v") console.log(o.history.join("\n"), o.figures);
	if (o.breaches.length) {
		bad++;
		console.log(seed, o.breaches.slice(0, 4));
	}
}
const ms = performance.now() - t;
console.log({ n, bad, perSecond: (n / ms) * 1000 });
console.log([...strikes].map(([k, v]) => `${k}:${v}`).join(" "));
