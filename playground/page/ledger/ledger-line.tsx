/* Lost, repeated, out of order, delivered; and how it knows. */
import type { ReactNode } from "react";
import { Popover } from "../app/popover.js";
import { useSource } from "../app/store.js";
import { live } from "../people/people.js";
import { type Counts, countSince, figure, ledgerWords } from "./count.js";

const NONE: Counts = {
	lost: 0,
	repeated: 0,
	outOfOrder: 0,
	delivered: 0,
	late: 0,
	altered: 0,
	pending: 0,
};

export function LedgerLine(): ReactNode {
	const before = useSource(live.before);
	const state = useSource(live.state);
	const counts = before === null || state === null ? NONE : countSince(before, state.ledger);
	const isClean = counts.lost + counts.repeated + counts.outOfOrder === 0;
	return (
		<div className="ledger" data-testid="ledger" data-clean={isClean}>
			<span className="unseen">{ledgerWords(counts)}</span>
			<span aria-hidden="true" className="ledger-figures">
				<Figure count={counts.lost} words="lost" isBad />
				<Figure count={counts.repeated} words="repeated" isBad />
				<Figure count={counts.outOfOrder} words="out of order" isBad />
				<Figure count={counts.delivered} words="delivered" />
			</span>
			<Popover label="How does it know?" name="ledger-how">
				<HowItKnows counts={counts} />
			</Popover>
		</div>
	);
}

interface FigureProps {
	readonly count: number;
	readonly words: string;
	/** More than none of them is a fault. */
	readonly isBad?: true;
}

function Figure({ count, words, isBad }: FigureProps): ReactNode {
	return (
		<span className="figure" data-fault={(isBad && count > 0) || undefined}>
			<b>{figure(count)}</b> {words}
		</span>
	);
}

function HowItKnows({ counts }: { readonly counts: Counts }): ReactNode {
	const state = useSource(live.state);
	const { pending, late, altered } = counts;
	const examples = state?.ledger.examples ?? [];
	return (
		<>
			<h2>How it knows</h2>
			<p>
				Every publisher gets a receipt with the message's place in its channel; places have no
				holes. Each receipt is held against what every other client on that channel delivered: a
				place that is skipped, or missing after a minute, is lost until it comes after all; one that
				comes twice is repeated; one that comes after a later one is out of order.
			</p>
			<p>
				It counts over all {figure(state?.ledger.clients ?? 0)} clients since this page was opened:
				the fleet's by what the library handed to them, Ada and Lin by what is in this page's
				document. The edge counts, not the library.
			</p>
			<p className="figures">
				Under way now: {figure(pending)} · later than 30 s: {figure(late)} · altered:{" "}
				{figure(altered)}
			</p>
			{examples.length > 0 && (
				<ul className="examples">
					{examples.map((example) => (
						<li key={example}>{example}</li>
					))}
				</ul>
			)}
		</>
	);
}
