import { type ReactNode, useEffect } from "react";
import { STORIES } from "../../edge/stories/stories.js";
import { Edge } from "../edge/edge.js";
import { Player } from "../stories/player.js";
import { StoryBar } from "../stories/story-bar.js";
import { Users } from "../users/users.js";
import { Controls } from "./controls.js";
import { Header } from "./header.js";
import { pageState } from "./page-state.js";
import { useSource } from "./store.js";

/** One a story. */
const players = new Map(STORIES.map((story) => [story.id, new Player(story)]));

export function App(): ReactNode {
	const { story } = useSource(pageState);
	const player = players.get(story) ?? null;
	// Who turns to another story ends this one.
	useEffect(() => () => player?.stop(), [player]);
	return (
		<div className="page">
			<Header />
			<main>
				<Users />
				<Edge />
			</main>
			<footer>
				<Controls />
				{player !== null && <StoryBar key={story} player={player} />}
			</footer>
		</div>
	);
}
