/* "Total sockets": primary, backup and polling over time, as the servers count them. */
import { type ReactNode, useEffect, useRef } from "react";
import type { EdgeState, Sample } from "../../edge/control/contract.js";
import { theme } from "../app/page-state.js";
import { Store, useSource } from "../app/store.js";
import { useNow } from "../app/use-now.js";
import { figure } from "../ledger/count.js";
import { live } from "../people/people.js";
import { addSample, SERIES, samplesWords } from "./samples.js";
import { SocketsChart } from "./sockets-chart.js";

const samples = new Store<readonly Sample[]>([]);
live.past.subscribe(() => samples.set(live.past.get()));
live.state.subscribe(() => {
	const state = live.state.get();
	if (state?.phase === "ready") samples.set(addSample(samples.get(), state));
});

const TELL_MS = 10_000;

export function Sockets(): ReactNode {
	const state = useSource(live.state);
	return (
		<figure className="sockets" data-testid="sockets">
			<figcaption>
				<h3>Total sockets</h3>
				<ul className="legend" aria-hidden="true">
					{SERIES.map(({ name, label }) => (
						<li key={name} data-way={name}>
							{label} <b className="figures">{figure(countOf(state, name))}</b>
						</li>
					))}
				</ul>
			</figcaption>
			<Drawing />
			<Told />
			{state?.phase === "ready" && state.fleet.wanted === 0 && (
				<p className="empty-fleet">
					The fleet is empty: only Ada and Lin are here. Give it some clients.
				</p>
			)}
		</figure>
	);
}

const countOf = (state: EdgeState | null, name: "primary" | "backup" | "polling"): number =>
	state?.sockets[name] ?? 0;

function Drawing(): ReactNode {
	const place = useRef<HTMLDivElement>(null);
	const colours = useSource(theme);
	// biome-ignore lint/correctness/useExhaustiveDependencies: a canvas keeps the colours that it was drawn with.
	useEffect(() => {
		const element = place.current;
		if (element === null) return;
		const chart = new SocketsChart(element);
		const draw = (): void => chart.draw(samples.get());
		draw();
		const leave = samples.subscribe(draw);
		return () => {
			leave();
			chart.destroy();
		};
	}, [colours]);
	return <div className="drawing" ref={place} aria-hidden="true" />;
}

/** What the chart shows, for who can't see it: now and then, not at each change. */
function Told(): ReactNode {
	const now = useNow(TELL_MS);
	return (
		<p className="unseen" data-testid="sockets-words">
			{samplesWords(samples.get(), now)}
		</p>
	);
}
