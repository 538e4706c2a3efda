import { type ReactNode, useState } from "react";
import { perform } from "../edge/act.js";
import { figure } from "../ledger/count.js";
import { live } from "../people/people.js";
import { useSource } from "./store.js";

const MOST = 2_000;
const STEP = 50;

export function FleetSize(): ReactNode {
	const wanted = useSource(live.state)?.fleet.wanted ?? 0;
	/** While it is being dragged. */
	const [drawn, setDrawn] = useState<number | null>(null);
	const shown = drawn ?? wanted;
	const settle = (): void => {
		if (drawn === null) return;
		setDrawn(null);
		if (drawn === wanted) return;
		void perform([{ do: "resize-fleet", clients: drawn }], `a fleet of ${figure(drawn)}`);
	};
	return (
		<label className="pick fleet">
			<span>Fleet</span>
			<input
				type="range"
				min={0}
				max={Math.max(MOST, wanted)}
				step={STEP}
				value={shown}
				aria-valuetext={`${figure(shown)} clients`}
				onChange={({ target }) => setDrawn(Number(target.value))}
				onPointerUp={settle}
				onKeyUp={settle}
				onBlur={settle}
				data-testid="fleet"
			/>
			<output className="figures">{figure(shown)}</output>
		</label>
	);
}
