/*
 * The seeds' names, written from one list of PoPs. The parent zone does Route 53's part: latency routing
 * for all names but the WebSockets', which it delegates to the chain server, NS1's part, with zones of
 * their own.
 *
 *   edge.test                 parent: api, www by latency; the two below by NS and glue
 *   wss-primary.edge.test     chain server: the nearest PoP that is up and not too busy
 *   wss-backup.edge.test      chain server: one of the three nearest, at random
 */
import type { Chain, Metadata, RecordSet, Zone } from "./decide/contract.js";

export interface Pop {
	/** "DUB": also the feed by which its metadata is set. */
	readonly name: string;
	/** Where it stands: "IE". */
	readonly place: string;
	/** For latency routing: "eu-west-1". */
	readonly region: string;
	/** Of its balancer, one a zone of availability. */
	readonly addresses: readonly string[];
}

export interface EdgeZonesOptions {
	/** @default "edge.test" */
	readonly domain?: string;
	readonly pops: readonly Pop[];
	/** Where the parent zone is served. */
	readonly parentAddress: string;
	/** Where the WebSocket names are served. */
	readonly chainAddress: string;
	/** Seconds, of the WebSocket names. NS1 advises against less than its default. @default 60 */
	readonly ttl?: number;
	/** @default 80 */
	readonly lowWatermark?: number;
	/** @default 90 */
	readonly highWatermark?: number;
}

export interface EdgeZones {
	readonly parent: Zone;
	readonly chains: readonly Zone[];
}

const nearest = (service: string): Chain["filters"] => [
	{ filter: "up" },
	{ filter: "drain", service },
	{ filter: "shed_load", metric: "loadavg" },
	{ filter: "geotarget_country" },
];

export const PRIMARY_CHAIN: Chain = {
	filters: [...nearest("primary"), { filter: "select_first_n", n: 1 }, { filter: "choose_arm" }],
};

export const BACKUP_CHAIN: Chain = {
	filters: [
		...nearest("backup"),
		{ filter: "select_first_n", n: 3 },
		{ filter: "shuffle" },
		{ filter: "select_first_n", n: 1 },
		{ filter: "choose_arm" },
	],
};

export const LATENCY_CHAIN: Chain = {
	filters: [
		{ filter: "up" },
		{ filter: "drain", service: "api" },
		{ filter: "lowest_latency" },
		{ filter: "select_first_n", n: 1 },
		{ filter: "choose_arm" },
	],
};

const DELEGATED = { "wss-primary": PRIMARY_CHAIN, "wss-backup": BACKUP_CHAIN };
const DAY = 86_400;

export function edgeZones(options: EdgeZonesOptions): EdgeZones {
	const { domain = "edge.test", pops, ttl = 60 } = options;
	const { lowWatermark = 80, highWatermark = 90 } = options;
	const answers = pops.map(({ name: feed, addresses: data, place, region }) => {
		const metadata: Metadata = { up: true, lowWatermark, highWatermark, places: [place], region };
		return { feed, data, metadata };
	});
	const routed = (name: string, chain: Chain): RecordSet => {
		return { name, type: "A", ttl, answers, chain };
	};
	const served = (label: string, address: string): readonly RecordSet[] => [
		{ name: "@", type: "NS", ttl: DAY, answers: [{ data: `ns.${label}${domain}` }] },
		{ name: "ns", type: "A", ttl: DAY, answers: [{ data: address }] },
	];
	return {
		parent: {
			name: domain,
			records: [
				...served("", options.parentAddress),
				routed("api", LATENCY_CHAIN),
				routed("www", LATENCY_CHAIN),
				...Object.keys(DELEGATED).flatMap((label): readonly RecordSet[] => [
					{ name: label, type: "NS", ttl: DAY, answers: [{ data: `ns.${label}.${domain}` }] },
					{ name: `ns.${label}`, type: "A", ttl: DAY, answers: [{ data: options.chainAddress }] },
				]),
			],
		},
		chains: Object.entries(DELEGATED).map(([label, chain]) => ({
			name: `${label}.${domain}`,
			records: [
				...served(`${label}.`, options.chainAddress),
				routed("@", chain),
				// A label of a dial's own is in nobody's cache: browsers keep answers for a minute.
				routed("*", chain),
			],
		})),
	};
}
