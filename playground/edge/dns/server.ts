/*
 * An authoritative DNS server on loopback: UDP and TCP at one port, DoH at another, over one set of
 * zones. It answers for those and for nothing else; it resolves nothing for anybody.
 */
import type { Socket } from "node:dgram";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { TcpPort } from "../tcp/port.js";
import { Answering, type AnsweringOptions, type DnsFault } from "./answering.js";
import type { Metadata, Zone } from "./decide/contract.js";
import type { PlaceTable } from "./decide/places.js";
import { type Certificate, DOH_DEFAULTS, type DohLimits, dohServer } from "./doh.js";
import { DOH_PATH } from "./doh-request.js";
import { TCP_DEFAULTS, type TcpLimits, tcpPort } from "./tcp.js";
import { udpSocket } from "./udp.js";

export interface DnsServerOptions {
	readonly zones: readonly Zone[];
	/** Uniform in [0, 1): what shuffles, weighs and sheds. @default Math.random */
	readonly random?: () => number;
	/** Who is where. @default places.json beside this file */
	readonly places?: PlaceTable;
	/** @default "127.0.0.1" */
	readonly address?: string;
	/** Of UDP and TCP. 0: any that is free. @default 0 */
	readonly port?: number;
	/** 0: any that is free. @default 0 */
	readonly dohPort?: number;
	/** Makes DoH speak TLS. @default null: plain HTTP */
	readonly certificate?: Certificate | null;
	readonly tcp?: Partial<TcpLimits>;
	readonly doh?: Partial<DohLimits>;
	/** Called for each question that is answered. */
	readonly answered?: AnsweringOptions["answered"];
}

export interface DnsServer {
	readonly address: string;
	/** Of UDP and TCP. */
	readonly port: number;
	/** Where DoH is asked: "http://127.0.0.1:40001/dns-query". */
	readonly dohUrl: string;
	/** Questions that got no answer, since the start. */
	readonly unanswered: number;
	/** Changes what is known of the answers of this feed; what is not named stays as it was. Throws on a feed that no answer has. */
	set(feed: string, metadata: Metadata): void;
	/** Puts a zone in the place of the one of its name, or beside the others. Throws on one that can't be served. */
	putZone(zone: Zone): void;
	/** From the next question on, until told otherwise. */
	fault(fault: DnsFault): void;
	/** Resolves when its ports are free. What is being asked gets no answer. */
	stop(): Promise<void>;
}

/** Neighbours may take the UDP port of a number that was free for TCP. */
const MOST_TRIES = 20;

/** Rejects if a port is taken; throws on zones that can't be served. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
	const { address = "127.0.0.1", random = Math.random, answered = () => undefined } = options;
	const { zones, places = readPlaces() } = options;
	const answering = new Answering({ zones, places, random, answered });
	const tcp = tcpPort(answering, address, { ...TCP_DEFAULTS, ...options.tcp });
	const udp = await openBoth(answering, tcp, options.port ?? 0);
	const certificate = options.certificate ?? null;
	const doh = dohServer(answering, { ...DOH_DEFAULTS, ...options.doh }, certificate);
	const closeDns = async (): Promise<void> => {
		answering.stop();
		await Promise.all([tcp.close(), new Promise<void>((resolve) => udp.close(() => resolve()))]);
	};
	await new Promise<void>((resolve, reject) => {
		doh.once("error", reject);
		doh.listen(options.dohPort ?? 0, address, () => resolve());
	}).catch(async (error: unknown) => {
		await closeDns();
		throw error;
	});
	const { port: dohPort } = doh.address() as AddressInfo;
	const host = address.includes(":") ? `[${address}]` : address;
	return {
		address,
		port: tcp.number,
		dohUrl: `${certificate === null ? "http" : "https"}://${host}:${dohPort}${DOH_PATH}`,
		get unanswered() {
			return answering.unanswered;
		},
		set: (feed, metadata) => answering.set(feed, metadata),
		putZone: (zone) => answering.putZone(zone),
		fault: (fault) => {
			answering.fault = fault;
		},
		stop: async () => {
			const closed = new Promise<void>((resolve) => doh.close(() => resolve()));
			doh.closeAllConnections();
			await Promise.all([closeDns(), closed]);
		},
	};
}

/** One number for both. */
async function openBoth(answering: Answering, tcp: TcpPort, port: number): Promise<Socket> {
	for (let tries = 1; ; tries++) {
		await tcp.open(port);
		try {
			return await udpSocket(answering, tcp.host, tcp.number);
		} catch (error) {
			await tcp.close();
			const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
			if (!isTaken || port !== 0 || tries === MOST_TRIES) throw error;
		}
	}
}

function readPlaces(): PlaceTable {
	return JSON.parse(readFileSync(new URL("places.json", import.meta.url), "utf8")) as PlaceTable;
}
