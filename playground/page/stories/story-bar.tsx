/* The caption of the story, a sentence a step, with its own pause, step and restart. */
import type { ReactNode } from "react";
import { useSource } from "../app/store.js";
import { live } from "../people/people.js";
import type { Player, Playing } from "./player.js";
import { verdictWords } from "./verdict.js";

export function StoryBar({ player }: { readonly player: Player }): ReactNode {
	const playing = useSource(player.playing);
	const { caption, detail } = wordsOf(player, playing);
	return (
		<section className="story" aria-label="Story" data-testid="story">
			<Progress player={player} playing={playing} />
			<p className="caption" role="status" data-testid="caption" data-is={playing.is}>
				{caption}
			</p>
			<p className="story-detail" data-testid="story-detail">
				{detail}
			</p>
			<Buttons player={player} playing={playing} />
		</section>
	);
}

interface PlayerProps {
	readonly player: Player;
	readonly playing: Playing;
}

/** One mark a step. */
function Progress({ player, playing }: PlayerProps): ReactNode {
	const { steps } = player.story;
	const done = playing.is === "over" ? steps.length : playing.is === "running" ? playing.at : -1;
	return (
		<ol className="steps" aria-hidden="true">
			{steps.map(({ id }, at) => (
				<li key={id} data-step={at < done ? "done" : at === done ? "now" : "ahead"} />
			))}
		</ol>
	);
}

function wordsOf({ story }: Player, playing: Playing): { caption: string; detail: string } {
	switch (playing.is) {
		case "offered":
			return { caption: `${story.title}. ${story.about}`, detail: `${story.steps.length} steps` };
		case "running":
			return running(story, playing);
		case "over":
			return { caption: verdictWords(playing.verdict), detail: story.title };
		case "broken":
			return { caption: playing.words, detail: story.title };
		default:
			return playing satisfies never;
	}
}

function running(
	{ steps }: Player["story"],
	{ at, isHeld, isEnding }: Extract<Playing, { is: "running" }>,
): { caption: string; detail: string } {
	if (isEnding) return { caption: "It was ended: everything is healed.", detail: "ending" };
	const step = steps[Math.max(0, at)];
	if (step === undefined)
		return {
			caption: "Everything is healed; what is under way arrives.",
			detail: "the ledger is read",
		};
	const count = `step ${Math.max(0, at) + 1} of ${steps.length}`;
	const wait = isHeld ? "paused before the next one" : `until ${step.until.says}`;
	return { caption: step.caption, detail: `${count}, ${wait}` };
}

function Buttons({ player, playing }: PlayerProps): ReactNode {
	const line = useSource(live.line);
	const state = useSource(live.state);
	const isReady = line.is === "live" && state?.phase === "ready";
	const isRunning = playing.is === "running";
	const isPaused = isRunning && playing.isPaused;
	return (
		<fieldset className="story-buttons">
			<legend className="unseen">Story controls</legend>
			{isRunning ? (
				<button type="button" onClick={() => (isPaused ? player.resume() : player.pause())}>
					{isPaused ? "Go on" : "Pause"}
				</button>
			) : (
				<button
					type="button"
					className="main"
					disabled={!isReady}
					onClick={() => player.start()}
					data-testid="story-start"
				>
					{playing.is === "offered" ? "Start" : "Tell it again"}
				</button>
			)}
			<button type="button" disabled={!isReady} onClick={() => player.step()}>
				Step
			</button>
			<button type="button" disabled={!isRunning} onClick={() => player.start()}>
				Restart
			</button>
			<button type="button" disabled={!isRunning} onClick={() => player.stop()}>
				End
			</button>
		</fieldset>
	);
}
