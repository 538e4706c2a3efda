/* What can be done to a PoP. Pure. */
import type { Action, PopState } from "../../edge/control/contract.js";
import type { Verb } from "./part.js";

type Conditions = Extract<Action, { do: "set-conditions" }>["conditions"];

type Kind = Pick<PopState, "name" | "isMain" | "proxy">;

interface Sketch extends Pick<Verb, "id" | "label" | "help" | "key"> {
	readonly act: (pop: string) => Action;
	readonly isOn?: (pop: PopState) => boolean;
	/** Which PoPs it can be done to; missing: all. */
	readonly isFor?: (pop: Kind) => boolean;
}

const DRAIN_MS = 5_000;

const before =
	(conditions: Conditions) =>
	(pop: string): Action => ({ do: "set-conditions", pop, link: "clients", conditions });

/** What the first balancer does, all do. */
const conditionsOf = ({ balancers }: PopState): Conditions => balancers[0]?.conditions ?? {};

const SKETCHES: readonly Sketch[] = [
	{
		id: "kill",
		label: "Kill",
		help: "Ports close, connections are reset, servers die.",
		key: "k",
		act: (pop) => ({ do: "kill-pop", pop }),
		isOn: ({ is }) => is === "down",
	},
	{
		id: "restore",
		label: "Restore",
		help: "New servers, no faults; DNS follows the monitor again.",
		key: "r",
		act: (pop) => ({ do: "restore-pop", pop }),
	},
	{
		id: "drain",
		label: "Drain",
		help: "DNS leads elsewhere, and who is here is asked to leave within 5 s.",
		key: "d",
		act: (pop) => ({ do: "drain-pop", pop, withinMs: DRAIN_MS }),
		isOn: ({ is }) => is.startsWith("drain"),
	},
	{
		id: "deploy",
		label: "Deploy",
		help: "New servers take newcomers, the old ones say goodbye within 5 s.",
		key: "y",
		act: (pop) => ({ do: "deploy", pop, withinMs: DRAIN_MS }),
	},
	{
		id: "delay",
		label: "Add 300 ms",
		help: "Each way, for all that passes the balancers.",
		key: "a",
		act: before({ delayMs: 300 }),
		isOn: (pop) => (conditionsOf(pop).delayMs ?? 0) > 0,
	},
	{
		id: "loss",
		label: "5 % loss",
		help: "One connection in twenty falls silent.",
		key: "l",
		act: before({ lossShare: 0.05 }),
		isOn: (pop) => (conditionsOf(pop).lossShare ?? 0) > 0,
	},
	{
		id: "black-hole",
		label: "Black hole",
		help: "Connections go silent both ways, new ones too.",
		key: "b",
		act: before({ links: "black-hole", door: "silent" }),
		isOn: (pop) => conditionsOf(pop).links === "black-hole",
	},
	{
		id: "half-open",
		label: "Half-open",
		help: "One side is gone, and the other was not told.",
		key: "h",
		act: before({ links: "half-open" }),
		isOn: (pop) => conditionsOf(pop).links === "half-open",
	},
	{
		id: "reset",
		label: "Reset newcomers",
		help: "Before a byte of TLS; who is here stays.",
		key: "n",
		act: before({ door: "reset" }),
		isOn: (pop) => conditionsOf(pop).door === "reset",
	},
	{
		id: "cut",
		label: "Cut connections",
		help: "All that is connected now, once.",
		key: "c",
		act: (pop) => ({ do: "cut", pop, link: "clients" }),
	},
	{
		id: "refuse",
		label: "Refuse upgrades",
		help: "WebSockets get a 503, HTTP passes.",
		key: "u",
		act: (pop) => ({ do: "set-upgrades", pop, upgrades: "refuse" }),
		isOn: ({ upgrades }) => upgrades === "refuse",
	},
	{
		id: "swallow",
		label: "Swallow upgrades",
		help: "WebSockets get no answer at all, HTTP passes.",
		key: "w",
		act: (pop) => ({ do: "set-upgrades", pop, upgrades: "swallow" }),
		isOn: ({ upgrades }) => upgrades === "swallow",
	},
	{
		id: "kill-gateway",
		label: "Kill one gateway",
		help: "Half of its servers; the other takes newcomers.",
		key: "g",
		act: (pop) => ({ do: "kill-gateway", pop, gateway: 0 }),
		isOn: ({ is, gateways }) => is === "up" && gateways[0]?.is === "down",
	},
	{
		id: "flip",
		label: "Flip DNS",
		help: "DNS calls it down, by hand; who is here stays.",
		key: "f",
		act: (pop) => ({ do: "flip-dns", pop, up: false }),
		isOn: ({ is, dns }) => is === "up" && dns.by === "hand" && !dns.up,
	},
	{
		id: "link",
		label: "Cut from the log",
		help: "Its way to the main region is a black hole.",
		key: "m",
		act: (pop) => ({
			do: "set-conditions",
			pop,
			link: "main",
			conditions: { links: "black-hole", door: "silent" },
		}),
		isOn: ({ link }) => link?.conditions.links === "black-hole",
		isFor: ({ isMain }) => !isMain,
	},
	{
		id: "replace",
		label: "Replace the proxy",
		help: "A new process takes newcomers, the old one's clients leave within 5 s.",
		key: "x",
		act: (pop) => ({ do: "replace-proxy", pop, withinMs: DRAIN_MS }),
		isOn: ({ proxy }) => (proxy?.processes ?? 1) > 1,
		isFor: ({ proxy }) => proxy !== undefined,
	},
];

export function popVerbs(pop: Kind): readonly Verb[] {
	return SKETCHES.filter(({ isFor }) => isFor?.(pop) ?? true).map(
		({ id, label, help, key, act, isOn }) => ({
			...{ id, label, help, key },
			act: [act(pop.name)],
			...(isOn && {
				isOn: ({ pops }) => {
					const found = pops.find(({ name }) => name === pop.name);
					return found !== undefined && isOn(found);
				},
			}),
		}),
	);
}
