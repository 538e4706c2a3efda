import type { ReactNode } from "react";
import { placeOf } from "./places.js";

export interface AnchorProps {
	readonly id: string;
	/** In the schematic; else in a row. */
	readonly isPlaced: boolean;
	readonly children: ReactNode;
}

/** Where a part is, and its menu opens. */
export function Anchor({ id, isPlaced, children }: AnchorProps): ReactNode {
	const { x, y } = placeOf(id);
	const style = isPlaced ? { left: `${x}%`, top: `${y}%` } : {};
	return (
		<div className={isPlaced ? "anchor placed" : "anchor"} style={style} data-part={id}>
			{children}
		</div>
	);
}
