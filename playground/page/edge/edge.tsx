/* The right half: what is going on. */
import type { ReactNode } from "react";
import { useSource } from "../app/store.js";
import { live } from "../people/people.js";
import { Sockets } from "./sockets.js";
import { EdgeMap } from "./edge-map.js";
import { Starting } from "./starting.js";
import { Passages } from "../timeline/passages.js";

export function Edge(): ReactNode {
	const state = useSource(live.state);
	const isReady = state !== null && state.phase === "ready";
	return (
		<section className="edge" aria-labelledby="edge-title" data-testid="edge">
			<h2 id="edge-title">What is going on</h2>
			<div className="map" data-testid="map">
				{isReady ? <EdgeMap state={state} /> : <Starting state={state} />}
			</div>
			<Sockets />
			<Passages />
		</section>
	);
}
