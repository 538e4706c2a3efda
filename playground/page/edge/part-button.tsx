import type { ReactNode } from "react";
import type { EdgeState, PopState } from "../../edge/control/contract.js";
import { figure } from "../ledger/count.js";
import type { Part } from "./part.js";

export interface PartButtonProps {
	readonly part: Part;
	readonly state: EdgeState;
	readonly faults: readonly string[];
	readonly isOpen: boolean;
	readonly open: () => void;
}

export function PartButton({ part, state, faults, isOpen, open }: PartButtonProps): ReactNode {
	const pop = state.pops.find(({ name }) => name === part.id);
	const hasFault = faults.length > 0;
	return (
		<button
			type="button"
			className={pop === undefined ? "part" : "part pop"}
			data-testid={`part-${part.id}`}
			data-fault={hasFault || undefined}
			aria-haspopup="menu"
			aria-expanded={isOpen}
			onClick={open}
			title={part.about}
		>
			<span className="part-name">
				<span className="lamp" aria-hidden="true" />
				{pop === undefined ? part.label : pop.name}
				{pop !== undefined && <span className="city">{pop.city}</span>}
			</span>
			{pop === undefined ? (
				<span className="part-note">{hasFault ? faults.join(", ") : noteOf(part, state)}</span>
			) : (
				<PopNote pop={pop} faults={faults} />
			)}
		</button>
	);
}

function PopNote({ pop, faults }: { readonly pop: PopState; readonly faults: readonly string[] }) {
	const { primary, backup } = pop.sockets;
	return (
		<>
			<span className="part-note figures">
				<span className="sockets-primary">{figure(primary)}</span>
				<span className="unseen"> sockets of the primary name, </span>
				<span className="sockets-backup">{figure(backup)}</span>
				<span className="unseen"> of the backup name</span>
			</span>
			<span className="part-fault">
				{faults.join(", ") ||
					(pop.dns.up ? (pop.isMain ? "log, API" : "well") : "DNS leads elsewhere")}
			</span>
		</>
	);
}

function noteOf({ id }: Part, { api, dns, cdns, names }: EdgeState): string {
	switch (id) {
		case "api":
			return `polls: ${figure(api.polls)}`;
		case "dns":
			return `asked: ${figure(dns.asked)}`;
		case "name-primary":
			return names.primary.up ? "up" : "down";
		case "name-backup":
			return names.backup.up ? "up" : "down";
		default: {
			const cdn = cdns.find(({ name }) => id === `cdn-${name}`);
			return `requests: ${figure(cdn?.requests ?? 0)}`;
		}
	}
}
