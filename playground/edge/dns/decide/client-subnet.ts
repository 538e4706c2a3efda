/*
 * EDNS client subnet, RFC 7871: FAMILY (2 bytes), SOURCE and SCOPE PREFIX-LENGTH (1 each), ADDRESS, cut
 * to SOURCE bits. A resolver says for whom it asks, we say for which block the answer is right.
 *
 *   none                    ─▶ the resolver's own address counts, and nothing goes back
 *   SOURCE 0                ─▶ the same, and the option goes back: somebody wants to stay unknown
 *   an address              ─▶ it counts, and goes back with the answer's scope
 *   malformed, or several   ─▶ FORMERR
 */
import { isBlank, type Prefix } from "./prefix.js";

export type ClientSubnet =
	| { readonly is: "none" }
	| { readonly is: "malformed" }
	| { readonly is: "withheld"; readonly payload: Uint8Array }
	| {
			readonly is: "given";
			readonly payload: Uint8Array;
			/** 4 or 16 bytes, zeros beyond SOURCE. */
			readonly address: Uint8Array;
			readonly sourceBits: number;
	  };

const FIXED_BYTES = 4;
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 2: 16 };

export function readClientSubnet(payloads: readonly Uint8Array[]): ClientSubnet {
	const [payload] = payloads;
	if (payload === undefined) return { is: "none" };
	if (payloads.length > 1 || payload.length < FIXED_BYTES) return { is: "malformed" };
	const [high = 0, low = 0, sourceBits = 0, scopeBits = 0] = payload;
	const family = (high << 8) | low;
	const given = payload.subarray(FIXED_BYTES);
	// In a query SCOPE must be 0; ADDRESS has as many bytes as SOURCE needs, no more.
	if (scopeBits !== 0 || given.length !== Math.ceil(sourceBits / 8)) return { is: "malformed" };
	// Family 0 is dig's `+subnet=0`.
	if (sourceBits === 0 && family <= 2) return { is: "withheld", payload };
	const size = ADDRESS_BYTES[family];
	if (size === undefined || sourceBits > size * 8 || !isBlank(given, sourceBits))
		return { is: "malformed" };
	const address = new Uint8Array(size);
	address.set(given);
	return { is: "given", payload, address, sourceBits };
}

/** What goes back: all as it came, with the block for which the answer is right. */
export function echo(subnet: ClientSubnet, scopeBits: number): Uint8Array | null {
	if (subnet.is === "none" || subnet.is === "malformed") return null;
	const payload = Uint8Array.from(subnet.payload);
	payload[3] = subnet.is === "given" ? scopeBits : 0;
	return payload;
}

/** As an asker writes it. */
export function payloadOf({ bytes, bits }: Prefix): Uint8Array {
	const family = bytes.length === 4 ? 1 : 2;
	return Uint8Array.from([0, family, bits, 0, ...bytes.subarray(0, Math.ceil(bits / 8))]);
}
