/* One planted breach of each rule of the linter: where, what, and the rule that has to see it. */

export interface Violation {
	readonly rule: string;
	readonly file: string;
	readonly code: string;
}

const PURE = "errors reactive policy protocol endpoint connection channels degraded".split(" ");

const AMBIENT = {
	Date: "export const now = Date.now();",
	performance: "export const now = performance.now();",
	crypto: "export const id = crypto.randomUUID();",
	setTimeout: "setTimeout(() => undefined, 1);",
	setInterval: "setInterval(() => undefined, 1);",
	setImmediate: "setImmediate(() => undefined);",
	queueMicrotask: "queueMicrotask(() => undefined);",
	requestAnimationFrame: "requestAnimationFrame(() => undefined);",
	requestIdleCallback: "requestIdleCallback(() => undefined);",
	fetch: "export const answer = fetch;",
	WebSocket: "export const socket = WebSocket;",
	EventSource: "export const events = EventSource;",
	XMLHttpRequest: "export const request = XMLHttpRequest;",
	BroadcastChannel: "export const tabs = BroadcastChannel;",
	Worker: "export const worker = Worker;",
	localStorage: "export const stored = localStorage;",
	sessionStorage: "export const stored = sessionStorage;",
	indexedDB: "export const stored = indexedDB;",
	console: "console.info('here');",
	navigator: "export const online = navigator.onLine;",
	location: "export const origin = location.origin;",
	document: "export const title = document.title;",
	process: "export const env = process.env;",
	globalThis: "export const now = globalThis.Date;",
	window: "export const now = window.Date;",
	self: "export const now = self.Date;",
	global: "export const now = global.Date;",
};

const CHANCE = {
	"Math.random": "export const drawn = Math.random();",
	"Math?.random": "export const drawn = Math?.random();",
	'Math["random"]': 'export const drawn = Math["random"]();',
	"an alias of Math": "const Chance = Math;\nexport const drawn = Chance.random();",
	"AbortSignal.timeout": "export const late = AbortSignal.timeout(1);",
};

const repeat = (count: number, line: (index: number) => string): string =>
	Array.from({ length: count }, (_, index) => line(index)).join("\n");

const body = (statement: (index: number) => string, count: number): string =>
	`export function act(n: number): number {\n${repeat(count, statement)}\n\treturn n;\n}\n`;

const shell = (rule: string, file: string, code: string): Violation => ({
	rule,
	file: `src/client/${file}.ts`,
	code,
});

export const LINTED: readonly Violation[] = [
	...Object.entries(AMBIENT).map(([name, code], index) => ({
		rule: "lint/style/noRestrictedGlobals",
		file: `src/${PURE[index % PURE.length]}/ambient-${name}.ts`,
		code,
	})),
	...Object.values(CHANCE).map((code, index) => ({
		rule: "plugin",
		file: `src/${PURE[index % PURE.length]}/chance-${index}.ts`,
		code,
	})),
	...["src/assets/plan.ts", "playground/edge/dns/wire.ts", "playground/edge/dns/decide/any.ts"].map(
		(file) => ({
			rule: "lint/style/noRestrictedGlobals",
			file,
			code: "export const now = Date.now();",
		}),
	),
	shell("lint/suspicious/noExplicitAny", "any", "export const loose: any = 1;"),
	shell("lint/style/noEnum", "enum", "export enum Colour {\n\tRed,\n}"),
	shell("lint/style/noDefaultExport", "default-export", "export default 1;"),
	shell(
		"lint/style/noParameterProperties",
		"parameter-property",
		"export class A {\n\tconstructor(readonly name: string) {}\n}",
	),
	shell(
		"lint/style/useImportType",
		"import-type",
		'import { Settings } from "./settings.js";\nexport const of = (settings: Settings): Settings => settings;',
	),
	shell("lint/suspicious/noConsole", "prints", 'export const log = () => console.log("x");'),
	shell("plugin", "manager", "export class SocketManager {}"),
	shell("plugin", "prefix", "export interface ISocket {\n\treadonly name: string;\n}"),
	shell("plugin", "flag", 'export const open = (loudly: boolean): string => (loudly ? "a" : "b");'),
	shell(
		"lint/nursery/noFloatingPromises",
		"floating",
		"const later = async (): Promise<void> => undefined;\nexport const act = (): void => {\n\tlater();\n};",
	),
	shell(
		"lint/nursery/noMisusedPromises",
		"misused",
		"const later = async (): Promise<boolean> => true;\nexport const act = (): number => {\n\tif (later()) return 1;\n\treturn 2;\n};",
	),
	shell(
		"lint/nursery/useExhaustiveSwitchCases",
		"inexhaustive",
		'export function act(name: "a" | "b"): number {\n\tswitch (name) {\n\t\tcase "a":\n\t\t\treturn 1;\n\t}\n\treturn 2;\n}',
	),
	shell(
		"lint/style/noExcessiveLinesPerFile",
		"long-file",
		repeat(301, (index) => `export const n${index} = ${index};`),
	),
	shell(
		"lint/complexity/noExcessiveLinesPerFunction",
		"long-function",
		body((index) => `\tn += ${index};`, 41),
	),
	shell(
		"lint/complexity/noExcessiveCognitiveComplexity",
		"complex",
		body((index) => `\tif (n > ${index} && n < ${index} * n) n += 1;`, 9),
	),
	shell(
		"lint/suspicious/noImportCycles",
		"cycle-a",
		'import { b } from "./cycle-b.js";\nexport const a = (): number => b() + 1;',
	),
	shell(
		"lint/suspicious/noImportCycles",
		"cycle-b",
		'import { a } from "./cycle-a.js";\nexport const b = (): number => a() + 1;',
	),
];

const reason = (rule: string, file: string, code: string): Violation => ({ rule, file, code });

export const IMPORTED: readonly Violation[] = [
	reason(
		"imports upwards",
		"src/policy/up.ts",
		'import type { Frame } from "../protocol/frames.js";',
	),
	reason("imports upwards", "src/client/up.ts", 'export { attach } from "../server/node.js";'),
	reason("imports upwards", "src/transport/up.ts", 'await import("../client/client.js");'),
	reason(
		"is pure, but not its import",
		"src/assets/plan.ts",
		'import type { Runtime } from "../runtime/runtime.js";',
	),
	reason(
		"imports an entry point",
		"src/testing/entry.ts",
		'import { createClient } from "../index.js";',
	),
	reason(
		"imports from outside src/",
		"src/client/outside.ts",
		'import { x } from "../../test/x.js";',
	),
	reason(
		"imports Node outside its files",
		"src/channels/hash.ts",
		'import { hash } from "node:crypto";',
	),
	reason("imports Node outside its files", "src/client/file.ts", 'import * as fs from "node:fs";'),
	reason("imports Node outside its files", "src/index.ts", 'export { join } from "node:path";'),
	reason(
		"imports a file of Node's",
		"src/client/store.ts",
		'import { fileStorage } from "../runtime/file-storage.js";',
	),
	...[
		["eventemitter3", "src/client/emitter.ts"],
		["idb-keyval", "src/client/idb.ts"],
		["isomorphic-ws", "src/transport/socket.ts"],
		["p-retry", "src/client/retry.ts"],
		["ws", "src/runtime/ws.ts"],
		["react", "src/client/component.tsx"],
		["left-pad", "src/client/pad.ts"],
		["@scope/thing/deep", "src/client/scoped.ts"],
	].map(([name, file]) =>
		reason("imports a package whose home is", file as string, `import x from "${name}";`),
	),
	reason("its folder is not in FOLDERS", "src/misc/any.ts", "export const x = 1;"),
	reason(
		"imports a package whose home is",
		"playground/edge/dns/tcp.ts",
		'import { decode } from "@dnsquery/dns-packet";',
	),
	reason(
		"imports the library by its path",
		"playground/page.ts",
		'import { createClient } from "../src/index.js";',
	),
	reason(
		"imports a path that is not public",
		"examples/chat/main.ts",
		'import { transition } from "holdfast/src/connection/machine.js";',
	),
];

/** Much like the above, and allowed: a rule that reports these would be switched off soon. */
export const CLEAN: Readonly<Record<string, string>> = {
	"src/policy/clean.ts": [
		"export interface Idle {\n\treadonly Date: number;\n}",
		"export const half = (n: number): number => Math.max(n / 2, 1);",
		"/** A member of that name is no global: `{ Date }`, import x from 'react'. */",
		"export const read = (idle: Idle): number => idle.Date;",
		"export type Listener = (online: boolean) => void;",
	].join("\n"),
	"src/runtime/clean.ts": "export const now = (): number => Date.now() + Math.random();",
	"src/runtime/logger.ts": "export const log = (text: string): void => console.info(text);",
	"src/runtime/file-clean.ts": 'export { readFileSync } from "node:fs";',
	"src/server/node.ts":
		'export { WebSocketServer } from "ws";\nexport { createHash } from "node:crypto";',
	"src/node.ts": 'export { readFileSync } from "./runtime/file-clean.js";',
	"src/reactive/emitter.ts": 'export { EventEmitter } from "eventemitter3";',
	"src/connection/clean.ts": 'export { half } from "../policy/clean.js";',
	"playground/clean.ts":
		'import { readFileSync } from "node:fs";\nimport { createServer } from "holdfast/server";\nexport const all = [readFileSync, createServer];',
	"src/client/clean.ts": body((index) => `\tn += ${index};`, 36),
};
