/* Questions for tests of the decision: no socket, chance by seed. */

import { readFileSync } from "node:fs";
import { seededRandom } from "holdfast/testing";
import { payloadOf } from "../../../playground/edge/dns/decide/client-subnet.js";
import type { Metadata, Zone } from "../../../playground/edge/dns/decide/contract.js";
import type { Query, Reply } from "../../../playground/edge/dns/decide/message.js";
import {
	compilePlaces,
	type Places,
	type PlaceTable,
} from "../../../playground/edge/dns/decide/places.js";
import { parsePrefix } from "../../../playground/edge/dns/decide/prefix.js";
import { respond } from "../../../playground/edge/dns/decide/respond.js";
import { compileZone } from "../../../playground/edge/dns/decide/zone.js";
import { edgeZones, type Pop } from "../../../playground/edge/dns/edge-zones.js";
import { addressBytes } from "../../../playground/edge/dns/wire.js";

export const TABLE = JSON.parse(
	readFileSync("playground/edge/dns/places.json", "utf8"),
) as PlaceTable;
export const PLACES: Places = compilePlaces(TABLE);

export const POPS: readonly Pop[] = [
	{ name: "IAD", place: "US-VA", region: "us-east-1", addresses: ["127.0.40.1"] },
	{ name: "FRA", place: "DE", region: "eu-central-1", addresses: ["127.0.20.1", "127.0.20.2"] },
	{ name: "DUB", place: "IE", region: "eu-west-1", addresses: ["127.0.10.1", "127.0.10.2"] },
	{ name: "LHR", place: "GB", region: "eu-west-2", addresses: ["127.0.30.1", "127.0.30.2"] },
];

export const EDGE = edgeZones({
	pops: POPS,
	parentAddress: "127.0.53.1",
	chainAddress: "127.0.53.2",
});

export const popOf = (address: unknown): string | undefined =>
	POPS.find(({ addresses }) => addresses.includes(String(address)))?.name;

interface Asked {
	readonly name: string;
	readonly type?: string;
	/** The block that the resolver says it asks for: "127.0.1.0/24". */
	readonly subnet?: string;
	readonly subnets?: readonly Uint8Array[];
	readonly source?: string;
	readonly edns?: Query["edns"];
	readonly class?: string;
}

export interface Desk {
	readonly ask: (asked: Asked | string) => Reply;
	/** Metadata of feeds, changed while it serves. */
	readonly live: Map<string, Metadata>;
}

/** Answers for these zones, with the chance of this seed. */
export function desk(zones: readonly Zone[], seed = 1): Desk {
	const random = seededRandom(seed);
	const live = new Map<string, Metadata>();
	const state = { zones: zones.map(compileZone), live, places: PLACES };
	return {
		live,
		ask: (asked) => {
			const of = typeof asked === "string" ? { name: asked } : asked;
			const subnets = of.subnet === undefined ? of.subnets : [payloadOf(parsePrefix(of.subnet))];
			const edns: Query["edns"] =
				of.edns !== undefined
					? of.edns
					: { udpSize: 1_232, version: 0, isDnssecOk: false, subnets: subnets ?? [] };
			const { name, type = "A", source = "127.0.0.1" } = of;
			const query: Query = {
				id: 1,
				name,
				type,
				class: of.class ?? "IN",
				isRecursionDesired: false,
				edns,
			};
			return respond(query, addressBytes(source), state, random);
		},
	};
}

/** The data of the answers. */
export const dataIn = ({ answers }: Reply): readonly unknown[] => answers.map(({ data }) => data);

/** SCOPE PREFIX-LENGTH of what goes back; null: nothing does. */
export const scopeIn = ({ subnet }: Reply): number | null => subnet?.[3] ?? null;
