/* Stories of names: DNS that is silent, stale or in panic, and a certificate that has run out. */
import { ALL_CONNECTED, aWhile, both, popOf, saidMore, socketsAt } from "../stories/conditions.js";
import type { PopState } from "../control/contract.js";
import type { Condition, Story } from "../stories/contract.js";
import { accepted, begin, nobodyIn, nobodyNoticed, step } from "./steps.js";

export const DNS_DEAD: Story = {
	id: "dns-dead",
	title: "DNS is silent",
	about:
		"Who is connected needs no DNS; who loses his link can't return before DNS does, and has lost nothing then.",
	bite: {
		says: "questions got no answer, and clients of Dublin were without a link",
		holds: ({ now, before }) =>
			now.dns.unanswered > before.dns.unanswered &&
			socketsAt(popOf(before, "DUB")) > 0 &&
			socketsAt(popOf(now, "DUB")) === 0 &&
			now.fleet.outages > before.fleet.outages,
	},
	steps: [
		begin("Everybody is connected."),
		step(
			"silent",
			"DNS takes questions and answers none. Nobody notices.",
			() => [{ do: "fault-dns", fault: { is: "silent" } }],
			both(both(aWhile(3_000), saidMore(2)), nobodyNoticed),
		),
		step(
			"cut",
			"Dublin's clients lose their links, and find no address to dial.",
			() => [{ do: "cut", pop: "DUB", link: "clients" }],
			both(aWhile(6_000), {
				says: "they have asked in vain, and nobody is back",
				holds: ({ now, step: began }) =>
					now.dns.unanswered > began.dns.unanswered && socketsAt(popOf(now, "DUB")) === 0,
			}),
		),
		step(
			"back",
			"DNS answers again, and they return.",
			() => [{ do: "fault-dns", fault: { is: "none" } }],
			ALL_CONNECTED,
		),
	],
};

export const DNS_STALE: Story = {
	id: "dns-stale",
	title: "DNS leads to a dead region",
	about: "Dublin is gone, and DNS goes on naming it: its clients find the backup's other regions.",
	bite: {
		says: "DNS named Dublin while it was down, and its clients had lost their links",
		holds: ({ now, before, step: began }) =>
			popOf(now, "DUB").is === "down" &&
			popOf(now, "DUB").dns.up &&
			(now.dns.answers.primary?.DUB ?? 0) > 0 &&
			now.dns.asked > began.dns.asked &&
			socketsAt(popOf(before, "DUB")) > 0 &&
			now.fleet.outages > before.fleet.outages,
	},
	steps: [
		begin("Everybody is connected."),
		step(
			"stale",
			"Dublin fails, and DNS keeps its old answer.",
			() => [
				{ do: "flip-dns", pop: "DUB", up: true },
				{ do: "kill-pop", pop: "DUB" },
			],
			both(nobodyIn("DUB"), both(ALL_CONNECTED, saidMore(2))),
		),
		step(
			"fresh",
			"DNS is told the truth, and newcomers are spared the detour.",
			() => [{ do: "flip-dns", pop: "DUB", up: "auto" }],
			{ says: "DNS calls Dublin down", holds: ({ now }) => !popOf(now, "DUB").dns.up },
		),
	],
};

export const CERTIFICATE: Story = {
	id: "certificate-expiry",
	title: "A certificate runs out",
	about:
		"Dublin shows a certificate of yesterday: links go on, newcomers refuse it and go elsewhere, and no token is sent.",
	bite: {
		says: "the monitor met CERT_HAS_EXPIRED, and Dublin's gateways got nobody who came to its balancers",
		holds: ({ now, step: began }) =>
			popOf(now, "DUB").health.detail === "CERT_HAS_EXPIRED" &&
			socketsAt(popOf(began, "DUB")) > 0 &&
			socketsAt(popOf(now, "DUB")) === 0 &&
			accepted(now, "DUB") === accepted(began, "DUB") &&
			popOf(now, "DUB").balancers.some(
				(balancer, at) => balancer.accepted > (popOf(began, "DUB").balancers[at]?.accepted ?? 0),
			),
	},
	steps: [
		begin("Everybody is connected."),
		step(
			"expired",
			"Dublin's certificate has run out. Who is connected stays so.",
			() => [
				// So that newcomers meet it: otherwise DNS would have led them elsewhere already.
				{ do: "flip-dns", pop: "DUB", up: true },
				{ do: "show-certificate", pop: "DUB", certificate: "expired" },
			],
			both(
				{
					says: "the monitor has met it",
					holds: ({ now }) => popOf(now, "DUB").health.detail === "CERT_HAS_EXPIRED",
				},
				both(saidMore(1), nobodyNoticed),
			),
		),
		step(
			"cut",
			"Its clients have to dial again: they refuse it, and go elsewhere.",
			() => [{ do: "cut", pop: "DUB", link: "clients" }],
			both(nobodyIn("DUB"), ALL_CONNECTED),
		),
		step(
			"renewed",
			"A new certificate, without a restart.",
			() => [
				{ do: "show-certificate", pop: "DUB", certificate: "good" },
				{ do: "flip-dns", pop: "DUB", up: "auto" },
			],
			{ says: "the monitor calls Dublin well", holds: ({ now }) => popOf(now, "DUB").health.ok },
		),
	],
};

/** HAProxy refuses everybody where all its servers look dead: there only DNS may be told so. */
const isPanicking = ({ proxy }: PopState): boolean => proxy?.kind !== "haproxy";
const panicsIn = ({ proxy }: PopState): number => proxy?.panics ?? 0;

/** By Envoy's own count: the others have none. */
const hasPanicked = (now: PopState, began: PopState): boolean =>
	now.proxy?.kind !== "envoy" ||
	(now.proxy.endpoints.every(({ isWell }) => !isWell) && panicsIn(now) > panicsIn(began));

const NOTHING_UP: Condition = {
	says: "DNS, and each Envoy, are told that nothing is up",
	holds: ({ now }) =>
		now.pops.every(
			({ dns, proxy }) =>
				!dns.up && (proxy?.kind !== "envoy" || proxy.endpoints.every(({ isWell }) => !isWell)),
		),
};

export const PANIC: Story = {
	id: "panic",
	title: "Health checks call everything down",
	about:
		"DNS is told that no PoP is up, and Envoy that no gateway is. They name them all the same: when all look dead, the checks are likelier to be wrong.",
	bite: {
		says: "DNS was told that nothing is up, clients that had lost their links came back by its answers, and an Envoy that saw no gateway alive counted that it asked one all the same",
		holds: ({ now, step: began }) =>
			now.pops.every(({ dns }) => !dns.up) &&
			now.dns.asked > began.dns.asked &&
			now.fleet.outages > began.fleet.outages &&
			accepted(now, "DUB") > accepted(began, "DUB") &&
			hasPanicked(popOf(now, "DUB"), popOf(began, "DUB")),
	},
	steps: [
		begin("Everybody is connected."),
		step(
			"panic",
			"Every health check fails. Nobody who is connected notices.",
			({ pops }) =>
				pops.map((pop) =>
					isPanicking(pop)
						? { do: "set-checks", pop: pop.name, checks: "fail" }
						: { do: "flip-dns", pop: pop.name, up: false },
				),
			both(both(NOTHING_UP, saidMore(1)), nobodyNoticed),
		),
		step(
			"cut",
			"Dublin's clients lose their links, ask DNS, and are led back.",
			() => [{ do: "cut", pop: "DUB", link: "clients" }],
			both(
				{
					says: "Dublin's gateways took them in again",
					holds: ({ now, step: began }) =>
						accepted(now, "DUB") > accepted(began, "DUB") &&
						hasPanicked(popOf(now, "DUB"), popOf(began, "DUB")),
				},
				both(ALL_CONNECTED, saidMore(1)),
			),
		),
	],
};
