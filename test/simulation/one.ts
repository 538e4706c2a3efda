import { simulate } from "./simulation.js";
const from = Number(process.argv[2] ?? 1),
	n = Number(process.argv[3] ?? 1);
const verbose = process.argv[4] === "v";
const strikes = new Map<string, number>();
let bad = 0;
let cpu = process.cpuUsage();
for (let seed = from; seed < from + n; seed++) {
	const o = await simulate(seed, verbose ? "recorded" : "judged");
	for (const [k, v] of o.strikes) strikes.set(k, (strikes.get(k) ?? 0) + v);
	if (verbose) console.log(o.history.join("\n"), o.figures);
	if (o.breaches.length) {
		bad++;
		console.log(seed, o.breaches.slice(0, 4));
	}
	if (process.argv[4] === "c" && (seed - from) % 200 === 199) {
		const u = process.cpuUsage(cpu);
		cpu = process.cpuUsage();
		console.log("cpu ms/seed", ((u.user + u.system) / 200_000).toFixed(1));
	}
}
console.log({ n, bad });
console.log([...strikes].map(([k, v]) => `${k}:${v}`).join(" "));
