/* The right half: what is going on. */
import type { ReactNode } from "react";
import { useSource } from "../app/store.js";
import { live } from "../people/people.js";
import { Passages } from "../timeline/passages.js";
import { EdgeMap } from "./edge-map.js";
import { Sockets } from "./sockets.js";
import { Starting } from "./starting.js";

export function Edge(): ReactNode {
	const state = useSource(live.state);
	const isLost = useSource(live.line).is === "lost" && state !== null;
	const isReady = state !== null && state.phase === "ready";
	return (
		<section className="edge" aria-labelledby="edge-title" data-testid="edge">
			<div className="half-head">
				<h2 id="edge-title">What is going on</h2>
				<p>
					{isLost
						? "As it was last seen."
						: "A browser can't ask our DNS server: it comes by *.localhost names, through a front that asks for it."}
				</p>
			</div>
			<div className="map" data-testid="map" data-stale={isLost || undefined}>
				{isReady ? <EdgeMap state={state} /> : <Starting state={state} />}
			</div>
			<Sockets />
			<Passages />
		</section>
	);
}
