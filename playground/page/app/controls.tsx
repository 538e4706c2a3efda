/* What can be done without the map: a menu of all parts, both people's networks, polling, and the fleet. */
import type { ReactNode } from "react";
import { perform, performVerb } from "../edge/act.js";
import { HEAL } from "../edge/verbs.js";
import { people } from "../people/people.js";
import type { Person } from "../people/person.js";
import { PROFILES, type Profile } from "../people/profiles.js";
import type { Sky } from "../people/weather.js";
import { BreakMenu } from "./break-menu.js";
import { FleetSize } from "./fleet-size.js";
import { Notice } from "./notice.js";
import { choose, pageState } from "./page-state.js";
import { Store, useSource } from "./store.js";
import { POLLINGS, type PollingChoice } from "./url-state.js";

const POLLING_WORDS: Readonly<Record<PollingChoice, string>> = {
	auto: "by itself",
	"long-poll": "long poll",
	manual: "on “Load more”",
};

export function Controls(): ReactNode {
	const present = useSource(people) ?? [];
	const { polling } = useSource(pageState);
	return (
		<section className="controls" aria-label="Controls" data-testid="controls">
			<BreakMenu />
			<button type="button" onClick={() => void performVerb(null, HEAL)} data-testid="heal">
				{HEAL.label}
			</button>
			<button
				type="button"
				title="One byte of each file that the CDN serves is another"
				onClick={() =>
					void perform(
						[{ do: "fault-cdn", cdn: "primary", fault: { is: "corrupt" } }],
						"CDN: corrupt assets",
					)
				}
			>
				Corrupt an asset
			</button>
			{PROFILES.map((profile) => (
				<Network
					key={profile.id}
					profile={profile}
					person={present.find((each) => each.profile === profile) ?? null}
				/>
			))}
			<label className="pick">
				<span>Polling</span>
				<select
					value={polling}
					onChange={({ target }) => choose({ polling: target.value as PollingChoice })}
					data-testid="polling"
				>
					{POLLINGS.map((value) => (
						<option key={value} value={value}>
							{POLLING_WORDS[value]}
						</option>
					))}
				</select>
			</label>
			<FleetSize />
			<Notice />
		</section>
	);
}

interface NetworkProps {
	readonly profile: Profile;
	/** Null: there is no client yet, but a place for its buttons. */
	readonly person: Person | null;
}

const FAIR = new Store<Sky>("fair");

/** Hers alone: the other stays connected. */
function Network({ profile, person }: NetworkProps): ReactNode {
	const sky = useSource(person?.weather.sky ?? FAIR);
	const { id, name } = profile;
	const turn = (to: Sky, words: string): void => {
		person?.weather.turn(sky === to ? "fair" : to);
		person?.log.note({ is: "action", words: sky === to ? `${name} is back` : words });
	};
	return (
		<fieldset className="network" disabled={person === null}>
			<legend className="unseen">{name}'s device</legend>
			<span aria-hidden="true">{name}</span>
			<button
				type="button"
				aria-pressed={sky === "offline"}
				onClick={() => turn("offline", `${name} goes offline`)}
				data-testid={`offline-${id}`}
			>
				Offline
			</button>
			<button
				type="button"
				aria-pressed={sky === "asleep"}
				onClick={() => turn("asleep", `${name}'s laptop sleeps`)}
				data-testid={`sleep-${id}`}
			>
				Sleep
			</button>
		</fieldset>
	);
}
