/* Blocks of addresses: 127.0.1.0/24, 2001:db8::/32. */
import { isIP } from "node:net";
import { addressBytes } from "../wire.js";

export interface Prefix {
	/** Of the first address: 4 or 16 bytes. */
	readonly bytes: Uint8Array;
	readonly bits: number;
}

/** Throws on what is no block, and on bits set beyond its length. */
export function parsePrefix(text: string): Prefix {
	const [address = "", length = ""] = text.split("/");
	if (isIP(address) === 0) throw new Error(`"${text}" is no block of addresses.`);
	const bytes = addressBytes(address);
	const bits = length === "" ? bytes.length * 8 : Number(length);
	if (!Number.isInteger(bits) || bits < 0 || bits > bytes.length * 8)
		throw new Error(`"${text}" has a length that is none.`);
	if (!isBlank(bytes, bits)) throw new Error(`"${text}" has bits set beyond its length.`);
	return { bytes, bits };
}

/** Whether all bits from `bits` on are 0. */
export function isBlank(bytes: Uint8Array, bits: number): boolean {
	return bytes.every((byte, index) => {
		const kept = Math.min(8, Math.max(0, bits - index * 8));
		return (byte & (0xff >> kept)) === 0;
	});
}

/** How many leading bits two addresses of one family share. */
export function commonBits(a: Uint8Array, b: Uint8Array): number {
	for (const [index, byte] of a.entries()) {
		const difference = byte ^ (b[index] ?? 0);
		if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
	}
	return a.length * 8;
}

export function contains(prefix: Prefix, address: Uint8Array): boolean {
	return prefix.bytes.length === address.length && commonBits(prefix.bytes, address) >= prefix.bits;
}
