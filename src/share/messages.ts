/*
 * What comes in on the channel. Any script of the origin can post there: what is not ours, or not whole,
 * is nothing, and what is too large is not looked at.
 */
import { isCount, isNumber, isObject, isText, type Raw } from "../protocol/checks.js";
import { MAX_FRAMES, MAX_IDENTITY_LENGTH, SERVER_TEXT } from "../protocol/limits.js";
import type { Parcel, TabId, TabMessage } from "./contract.js";
import { LONGEST_LEASE_MS } from "./election-state.js";

const MAX_ID = 64;
const MAX_TEXT = 1_024;
const MAX_LINKS = 8;
const MAX_REASONS = 64;
/** Far beyond any that is reached, and exact when one is added. */
const LAST_TERM = 1_000_000_000;
const CALLS = ["connect", "reconnect", "wake", "hold", "release", "load-more"];

const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isShort = (value: unknown, longest = MAX_TEXT): value is string =>
	isText(value) && value.length <= longest;
const isTabId = (value: unknown): boolean => isShort(value, MAX_ID) && value !== "";
const isTabOrAll = (value: unknown): boolean => value === null || isTabId(value);
const isLinkId = (value: unknown): boolean => Number.isSafeInteger(value);
const isNumberOrNull = (value: unknown): boolean => value === null || isNumber(value);

/** The message, or null: not ours. */
export function readMessage(data: unknown): TabMessage | null {
	if (!isObject(data) || !isTabId(data.from) || !isText(data.type)) return null;
	const check = Object.hasOwn(CHECKS, data.type) ? CHECKS[data.type as TabMessage["type"]] : null;
	return check?.(data) ? (data as unknown as TabMessage) : null;
}

const PARCELS = ["view", "down", "up", "call", "reply"];

export function isParcel(message: TabMessage): message is Parcel & { readonly from: TabId } {
	return PARCELS.includes(message.type);
}

const CHECKS: { readonly [T in TabMessage["type"]]: (message: Raw) => boolean } = {
	hello: ({ visible }) => isFlag(visible),
	bye: () => true,
	want: () => true,
	beat: ({ term, leaseMs, isTired }) =>
		isCount(term) &&
		term <= LAST_TERM &&
		isNumber(leaseMs) &&
		leaseMs > 0 &&
		leaseMs <= LONGEST_LEASE_MS &&
		isFlag(isTired),
	yield: ({ to }) => isTabId(to),
	full: ({ to }) => isTabId(to),
	view: ({ to, seat, view }) => isTabOrAll(to) && (seat === null || isCount(seat)) && isView(view),
	down: ({ to, link, text }) =>
		isTabOrAll(to) && isLinkId(link) && isShort(text, SERVER_TEXT.maxLength),
	up: ({ to, link, text, ages }) =>
		isTabId(to) &&
		isLinkId(link) &&
		isShort(text, SERVER_TEXT.maxLength) &&
		isList(ages, MAX_FRAMES, (age) => age === null || (isNumber(age) && age >= 0)),
	call: ({ to, id, name, reason }) =>
		isTabId(to) && isCount(id) && isShort(reason) && CALLS.includes(name as string),
	reply: ({ to, id, value }) => isTabId(to) && isCount(id) && (isCount(value) || isError(value)),
};

function isList(value: unknown, most: number, check: (item: unknown) => boolean): boolean {
	return Array.isArray(value) && value.length <= most && value.every(check);
}

function isView(view: unknown): boolean {
	if (!isObject(view)) return false;
	const { term, links, current, route, identity, connection, mode } = view;
	return (
		isCount(term) &&
		isList(links, MAX_LINKS, isLink) &&
		(current === null || isLinkId(current)) &&
		(route === null || isRoute(route)) &&
		(identity === null || isShort(identity, MAX_IDENTITY_LENGTH)) &&
		isConnection(connection) &&
		isMode(mode)
	);
}

const isLink = (value: unknown): boolean =>
	isObject(value) && isLinkId(value.link) && (value.via === "websocket" || value.via === "polling");

const isRoute = (value: unknown): boolean =>
	isObject(value) && isLinkId(value.link) && isNumber(value.dedupeMs);

const isError = (value: unknown): boolean =>
	isObject(value) && isShort(value.code) && isShort(value.message) && isFlag(value.retryable);

function isConnection(state: unknown): boolean {
	if (!isObject(state)) return false;
	const isSince = isNumber(state.since);
	switch (state.status) {
		case "idle":
		case "closed":
			return true;
		case "connecting":
			return isSince && isCount(state.attempt) && isShort(state.endpoint, Infinity);
		case "connected":
			return (
				isSince &&
				isShort(state.endpoint, Infinity) &&
				(state.role === "primary" || state.role === "backup") &&
				isFlag(state.recovered) &&
				isNumberOrNull(state.latencyMs)
			);
		case "reconnecting":
			return (
				isSince && isCount(state.attempt) && isNumberOrNull(state.retryAt) && isError(state.cause)
			);
		case "failed":
			return isError(state.cause);
		default:
			return false;
	}
}

function isMode(mode: unknown): boolean {
	if (!isObject(mode)) return false;
	if (mode.mode === "normal") return true;
	const isKnown = mode.mode === "degraded" || mode.mode === "offline";
	return (
		isKnown &&
		isNumber(mode.since) &&
		isList(mode.reasons, MAX_REASONS, (reason) => isShort(reason))
	);
}
