/* What can be done to names, DNS, the API and the CDNs. Pure. */
import type { Role } from "../../edge/control/contract.js";
import type { Verb } from "./part.js";

export const nameVerbs = (name: Role): readonly Verb[] => [
	{
		id: "down",
		label: "Take it down",
		help: "No answer in DNS, no upgrades anywhere, its sockets are cut.",
		key: "k",
		act: [{ do: "set-name", name, up: false }],
		isOn: ({ names }) => !names[name].up,
	},
	{
		id: "up",
		label: "Restore",
		help: "DNS answers, upgrades pass.",
		key: "r",
		act: [{ do: "set-name", name, up: true }],
	},
];

export const API_VERBS: readonly Verb[] = [
	{
		id: "down",
		label: "Take it down",
		help: "No polls, no publishes over HTTP, no history.",
		key: "k",
		act: [{ do: "set-api", up: false }],
		isOn: ({ api }) => !api.up,
	},
	{
		id: "up",
		label: "Restore",
		help: "A new webapp, over the same log.",
		key: "r",
		act: [{ do: "set-api", up: true }],
	},
];

const dnsVerb = (is: "silent" | "servfail", label: string, help: string, key: string): Verb => ({
	id: is,
	label,
	help,
	key,
	act: [{ do: "fault-dns", fault: { is } }],
	isOn: ({ dns }) => dns.fault.is === is,
});

export const DNS_VERBS: readonly Verb[] = [
	dnsVerb("silent", "Silent", "No question gets an answer.", "s"),
	dnsVerb("servfail", "SERVFAIL", "Every answer says that it failed.", "f"),
	{
		id: "late",
		label: "Late by 1.5 s",
		help: "Every answer, later than most resolvers wait.",
		key: "l",
		act: [{ do: "fault-dns", fault: { is: "late", ms: 1_500 } }],
		isOn: ({ dns }) => dns.fault.is === "late",
	},
	{
		id: "restore",
		label: "Restore",
		help: "Answers as it should.",
		key: "r",
		act: [{ do: "fault-dns", fault: { is: "none" } }],
	},
	{
		id: "migrate",
		label: "Migrate to the new arm",
		help: "Newcomers are led to each PoP's last balancer, in steps; it halts where they fare worse.",
		key: "m",
		act: [{ do: "migrate" }],
		isOn: ({ migration }) => migration.state.is === "moving",
	},
	{
		id: "roll-back",
		label: "Roll it back",
		help: "All newcomers to the old arm, at once; who came by the new one is asked to leave.",
		key: "b",
		act: [{ do: "roll-back" }],
	},
];

export function cdnVerbs(cdn: Role): readonly Verb[] {
	const strike = (
		is: "refuse" | "black-hole" | "corrupt" | "error",
		words: Pick<Verb, "label" | "help" | "key">,
	): Verb => ({
		id: is,
		...words,
		act: [{ do: "fault-cdn", cdn, fault: { is } }],
		isOn: ({ cdns }) =>
			cdns.some(({ name, faults }) => name === cdn && faults.some(({ fault }) => fault.is === is)),
	});
	return [
		strike("refuse", { label: "Kill", help: "Its port is closed.", key: "k" }),
		strike("black-hole", { label: "Black hole", help: "Accepts, and says nothing.", key: "b" }),
		strike("corrupt", {
			label: "Corrupt assets",
			help: "One byte of each file is another.",
			key: "c",
		}),
		strike("error", { label: "Answer 503", help: "To every request.", key: "e" }),
		{
			id: "restore",
			label: "Restore",
			help: "Serves the files as they are.",
			key: "r",
			act: [{ do: "heal-cdn", cdn }],
		},
	];
}
