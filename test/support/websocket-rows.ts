/*
 * The WHATWG WebSockets standard (websockets.spec.whatwg.org, with Web IDL, DOM and HTML where it leans on
 * them), row by row: what a script can see, as text. The rows run in Node and in pages, on our classes and on
 * the platform's own.
 */
export interface Kit {
	readonly WebSocket: typeof WebSocket;
	/** Of test/support/websocket-server.ts: `ws://127.0.0.1:port`. */
	readonly server: string;
}

export interface Row {
	/** The part of the standard. */
	readonly part: string;
	readonly title: string;
	readonly expected: unknown;
	/** Does not hold of a socket that reconnects: decision 32. */
	readonly singleUse?: true;
	/** What the platform's own class shows instead. */
	readonly undici?: unknown;
	readonly chromium?: unknown;
	observe(kit: Kit): unknown;
}

const EVENTS = ["open", "message", "error", "close"];

/** The name of what is thrown, or what came back. */
function attempt(run: () => unknown): unknown {
	try {
		const value = run();
		// Whatever was made is let go of.
		if (value instanceof EventTarget) (value as WebSocket).close();
		return "none";
	} catch (reason) {
		return (reason as Error).name;
	}
}

const next = (socket: WebSocket, type: string): Promise<Event> =>
	new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));

async function opened({ WebSocket, server }: Kit, path: string, protocols: string[] = []) {
	const socket = new WebSocket(server + path, protocols);
	await next(socket, "open");
	return socket;
}

/** Every event up to `close`, with the state in its handlers. */
function record(socket: WebSocket): Promise<string[]> {
	const seen: string[] = [];
	for (const type of EVENTS)
		socket.addEventListener(type, (event) => {
			const { code, reason, wasClean } = event as CloseEvent;
			const end = type === "close" ? ` ${code} "${reason}" ${wasClean}` : "";
			seen.push(`${type} ${socket.readyState}${end}`);
		});
	return next(socket, "close").then(() => seen);
}

async function reply(socket: WebSocket, data: unknown): Promise<unknown> {
	const answer = next(socket, "message") as Promise<MessageEvent>;
	socket.send(data as string);
	return (await answer).data;
}

const errorsOf =
	(...urls: string[]) =>
	({ WebSocket }: Kit) =>
		urls.map((url) => attempt(() => new WebSocket(url)));
const protocolErrors =
	(...protocols: unknown[]) =>
	({ WebSocket, server }: Kit) =>
		protocols.map((each) => attempt(() => new WebSocket(`${server}/echo`, each as string)));
const urlOf = ({ WebSocket }: Kit, url: string | URL): string => {
	const socket = new WebSocket(url);
	socket.close();
	return socket.url;
};

const CONSTRUCTOR: Row[] = [
	{
		part: "3, constructor step 2",
		title: "a URL that can't be parsed is a SyntaxError",
		expected: ["SyntaxError", "SyntaxError", "SyntaxError"],
		observe: errorsOf("ws://[", "ws://:80/", "wss://host:70000"),
	},
	{
		part: "3, constructor step 2 (obtain a URL record, step 5)",
		title: "another scheme is a SyntaxError",
		expected: Array(4).fill("SyntaxError"),
		observe: errorsOf("ftp://host/", "mailto:someone@host", "about:blank", "wsss://host/"),
	},
	{
		part: "3, constructor step 2 (obtain a URL record, step 6)",
		title: "a fragment is a SyntaxError, an empty one too",
		expected: ["SyntaxError", "SyntaxError"],
		observe: errorsOf("ws://127.0.0.1:1/#x", "ws://127.0.0.1:1/#"),
	},
	{
		part: "3, constructor step 2 (obtain a URL record, steps 3 and 4)",
		title: "http and https stand for ws and wss",
		expected: ["ws://127.0.0.1:1/x", "wss://127.0.0.1:1/x"],
		observe: (kit) =>
			["http://127.0.0.1:1/x", "https://127.0.0.1:1/x"].map((url) => urlOf(kit, url)),
	},
	{
		part: "3, url",
		title: "is serialized: a slash, no default port, escapes; a URL object will do",
		expected: [
			"ws://127.0.0.1:1/",
			"wss://127.0.0.1/a%20b?c%20d",
			"ws://127.0.0.1/",
			"ws://127.0.0.1:1/é".replace("é", "%C3%A9"),
		],
		observe: (kit) => [
			urlOf(kit, "ws://127.0.0.1:1"),
			urlOf(kit, "wss://127.0.0.1:443/a b?c d"),
			urlOf(kit, new URL("ws://127.0.0.1:80")),
			urlOf(kit, "WS://127.0.0.1:1/é"),
		],
	},
	{
		part: "3, constructor step 4",
		title: "a subprotocol that is no token is a SyntaxError",
		expected: Array(8).fill("SyntaxError"),
		// An extension of its own: an object is taken for options.
		undici: [...Array(7).fill("SyntaxError"), "none"],
		observe: protocolErrors("", "a b", "a,b", "ö", "a\u0000", "a/b", ["ok", ""], {}),
	},
	{
		part: "3, constructor step 4",
		title: "a subprotocol that comes twice is a SyntaxError; case tells them apart",
		expected: ["SyntaxError", "none"],
		undici: ["SyntaxError", "SyntaxError"],
		observe: protocolErrors(["a", "a"], ["a", "A"]),
	},
	{
		part: "Web IDL, (DOMString or sequence<DOMString>)",
		title: "what is no list is one subprotocol, as text; undefined is none",
		expected: ["none", "none", "none", "none", "none"],
		observe: protocolErrors(null, undefined, 5, [], new Set(["a", "b"])),
	},
	{
		part: "Web IDL, interface objects",
		title: "no argument, or no new, is a TypeError",
		expected: ["TypeError", "TypeError"],
		observe: ({ WebSocket }) => {
			const Class = WebSocket as unknown as { new (): unknown; (url: string): unknown };
			return [attempt(() => new Class()), attempt(() => Class("ws://127.0.0.1:1"))];
		},
	},
	{
		part: "3, attributes",
		title: "of a new socket",
		expected: [0, 0, "", "", "blob", null, null, null, null],
		observe: ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`, "a");
			const { readyState, bufferedAmount, protocol, extensions, binaryType } = socket;
			const { onopen, onmessage, onerror, onclose } = socket;
			socket.close();
			return [
				...[readyState, bufferedAmount, protocol, extensions, binaryType],
				...[onopen, onmessage, onerror, onclose],
			];
		},
	},
];

const SHAPE: Row[] = [
	{
		part: "Web IDL, constants",
		title: "lie on class and prototype, can be enumerated, and not written",
		expected: [
			["CONNECTING 0 true false false", "OPEN 1 true false false"],
			["CLOSING 2 true false false", "CLOSED 3 true false false"],
			["CONNECTING 0 true false false", "OPEN 1 true false false"],
			["CLOSING 2 true false false", "CLOSED 3 true false false"],
		].flat(),
		observe: ({ WebSocket }) => {
			const base = Object.getPrototypeOf(WebSocket.prototype);
			return [WebSocket, WebSocket.prototype].flatMap((owner) =>
				["CONNECTING", "OPEN", "CLOSING", "CLOSED"].map((name) => {
					let holder: object = owner;
					while (!Object.hasOwn(holder, name) && holder !== base)
						holder = Object.getPrototypeOf(holder);
					const { value, enumerable, writable, configurable } =
						Object.getOwnPropertyDescriptor(holder, name) ?? {};
					return `${name} ${value} ${enumerable} ${writable} ${configurable}`;
				}),
			);
		},
	},
	{
		part: "Web IDL, attributes and operations",
		title: "can be enumerated",
		expected: [],
		observe: ({ WebSocket }) => {
			const names: string[] = [];
			for (const name in WebSocket.prototype) names.push(name);
			const wanted =
				"url readyState bufferedAmount onopen onerror onclose extensions protocol close onmessage binaryType send";
			return wanted.split(" ").filter((name) => !names.includes(name));
		},
	},
	{
		part: "Web IDL, lengths",
		title: "of the constructor, send and close",
		expected: [1, 1, 0],
		observe: ({ WebSocket }) => [
			WebSocket.length,
			WebSocket.prototype.send.length,
			WebSocket.prototype.close.length,
		],
	},
	{
		part: "Web IDL, class string",
		title: "is WebSocket",
		expected: ["[object WebSocket]", "WebSocket", true],
		singleUse: true,
		observe: ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			socket.close();
			return [String(socket), WebSocket.name, socket instanceof EventTarget];
		},
	},
	{
		part: "Web IDL, this",
		title: "of another object is a TypeError",
		expected: Array(3).fill("TypeError"),
		observe: ({ WebSocket: { prototype } }) => [
			attempt(() => prototype.readyState),
			attempt(() => prototype.send.call({} as WebSocket, "x")),
			attempt(() => prototype.close.call({} as WebSocket)),
		],
	},
	{
		part: "Web IDL, enumerations",
		title: "a binaryType that is none is ignored",
		expected: ["blob", "arraybuffer", "arraybuffer"],
		undici: ["blob", "arraybuffer", "blob"],
		observe: ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			const seen = ["nodebuffer", "arraybuffer", "fragments"].map((type) => {
				socket.binaryType = type as BinaryType;
				return socket.binaryType;
			});
			socket.close();
			return seen;
		},
	},
	{
		part: "ECMAScript, classes",
		title: "it can be extended",
		expected: ["hello", true],
		observe: async (kit) => {
			class Mine extends kit.WebSocket {
				greeting = "hello";
			}
			const socket = (await opened({ ...kit, WebSocket: Mine }, "/echo")) as Mine;
			socket.close();
			return [socket.greeting, socket instanceof kit.WebSocket];
		},
	},
];

const SEND: Row[] = [
	{
		part: "3, send() step 1",
		title: "while connecting is an InvalidStateError",
		expected: "InvalidStateError",
		singleUse: true,
		observe: ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			const seen = attempt(() => socket.send("x"));
			socket.close();
			return seen;
		},
	},
	{
		part: "Web IDL, send()",
		title: "without an argument is a TypeError",
		expected: "TypeError",
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen = attempt(() => (socket.send as () => void)());
			socket.close();
			return seen;
		},
	},
	{
		part: "3, send() and Web IDL, USVString",
		title:
			"text arrives as UTF-8, with U+FFFD for half of a pair; what is neither bytes nor text becomes text",
		expected: ["false 68c3a9f09f9880", "false efbfbd", "false 35", "false 6e756c6c", "false "],
		observe: async (kit) => {
			const socket = await opened(kit, "/hex");
			const seen: unknown[] = [];
			for (const data of ["hé😀", "\ud83d", 5, null, ""]) seen.push(await reply(socket, data));
			socket.close();
			return seen;
		},
	},
	{
		part: "3, send()",
		title: "bytes arrive as they are: a buffer, a part of one, a blob, none at all",
		expected: ["true 010203", "true 0203", "true 0300", "true 78", "true "],
		observe: async (kit) => {
			const socket = await opened(kit, "/hex");
			const bytes = Uint8Array.of(1, 2, 3);
			const wide = new DataView(Uint16Array.of(1, 3).buffer, 2);
			const seen: unknown[] = [];
			const all = [bytes.buffer, bytes.subarray(1), wide, new Blob(["x"]), new ArrayBuffer(0)];
			for (const data of all) seen.push(await reply(socket, data));
			socket.close();
			return seen;
		},
	},
	{
		part: "3, send()",
		title: "keeps the order, a blob among the others",
		expected: ["a", "b", "c", "d"],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			socket.binaryType = "arraybuffer";
			const seen: string[] = [];
			const text = (data: unknown): string =>
				typeof data === "string" ? data : new TextDecoder().decode(data as ArrayBuffer);
			const done = new Promise<void>((resolve) => {
				socket.addEventListener("message", ({ data }) => {
					if (seen.push(text(data)) === 4) resolve();
				});
			});
			socket.send("a");
			socket.send(new Blob(["b"]));
			socket.send("c");
			socket.send(Uint8Array.of(100));
			await done;
			socket.close();
			return seen;
		},
	},
	{
		part: "3, bufferedAmount",
		title: "counts bytes of data in the task that sends them, and goes back to 0",
		expected: [0, 2, 5, 10, 0],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen = [socket.bufferedAmount];
			for (const data of ["é", new Uint8Array(3), new Blob(["12345"])]) {
				socket.send(data);
				seen.push(socket.bufferedAmount);
			}
			await reply(socket, "last");
			while (socket.bufferedAmount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
			seen.push(socket.bufferedAmount);
			socket.close();
			return seen;
		},
	},
	{
		part: "3, send() steps 2 to 5",
		title: "after close() throws nothing and counts for ever",
		expected: [2, 5, 5],
		undici: [0, 0, 0],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			await reply(socket, "x");
			while (socket.bufferedAmount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
			socket.close();
			socket.send("é");
			const closing = socket.bufferedAmount;
			await next(socket, "close");
			socket.send(new Uint8Array(3));
			return [closing, socket.bufferedAmount, socket.bufferedAmount];
		},
	},
];

const CLOSE: Row[] = [
	{
		part: "3, close() step 1, and Web IDL, [Clamp] unsigned short",
		title: "a code that is not the script's to give is an InvalidAccessError",
		expected: Array(11).fill("InvalidAccessError"),
		observe: ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			const codes = [0, 500, 999, 1001, 1005, 1006, 2999, 5000, 65536 + 1000, NaN, null];
			const seen = codes.map((code) => attempt(() => socket.close(code as number)));
			socket.close();
			return seen;
		},
	},
	{
		part: "Web IDL, [Clamp] unsigned short",
		title: "a code is rounded; text that is no number is 0",
		expected: ["InvalidAccessError", "InvalidAccessError", "none"],
		chromium: ["none", "InvalidAccessError", "none"],
		observe: ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			const codes = [4999.6, "bye", "3000"];
			return codes.map((code) => attempt(() => socket.close(code as number)));
		},
	},
	{
		part: "3, close() step 2",
		title: "a reason of 124 bytes is a SyntaxError, of 123 none, and bytes count",
		expected: ["SyntaxError", "SyntaxError", "none"],
		observe: ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			const reasons = ["x".repeat(124), "é".repeat(62), "x".repeat(123)];
			return reasons.map((reason) => attempt(() => socket.close(1000, reason)));
		},
	},
	{
		part: "3, close() step 3, while connecting",
		title: "fails the connection: CLOSING at once, error and close later",
		expected: [2, "error 3", 'close 3 1006 "" false'],
		observe: async ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/mute`);
			const seen = record(socket);
			socket.close(3000, "never mind");
			const { readyState } = socket;
			return [readyState, ...(await seen)];
		},
	},
	{
		part: "3, close() step 3, while open",
		title: "without a code: CLOSING at once, then close 1005",
		expected: [2, 'close 3 1005 "" true'],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen = record(socket);
			socket.close();
			return [socket.readyState, ...(await seen)];
		},
	},
	{
		part: "3, close() step 3, while open",
		title: "with code and reason: both come back",
		expected: ['close 3 3001 "see you ö" true'],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen = record(socket);
			socket.close(3001, "see you ö");
			return seen;
		},
	},
	{
		part: "3, close() step 3",
		title: "with a reason alone, the code is 1000",
		expected: ['close 3 1000 "why" true'],
		chromium: "InvalidAccessError",
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen = record(socket);
			socket.close(undefined, "why");
			return seen;
		},
	},
	{
		part: "3, close() step 3",
		title: "twice, and once closed, is once",
		expected: ['close 3 3000 "" true'],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen = record(socket);
			socket.close(3000);
			socket.close(3001);
			const events = await seen;
			socket.close(3002);
			await new Promise((resolve) => setTimeout(resolve, 50));
			return events;
		},
	},
	{
		part: "3, close() in handlers",
		title: "of open, of message, and of close itself",
		expected: ["open 1 then 2", 'close 3 1005 "" true then 3', "message 1 then 2"],
		observe: async (kit) => {
			const seen: string[] = [];
			const first = new kit.WebSocket(`${kit.server}/echo`);
			const end = record(first);
			first.onopen = () => {
				first.close();
				seen.push(`open 1 then ${first.readyState}`);
			};
			first.onclose = () => first.close();
			seen.push(`${(await end).at(-1)} then ${first.readyState}`);
			const second = await opened(kit, "/echo");
			second.onmessage = () => {
				second.close();
				seen.push(`message 1 then ${second.readyState}`);
			};
			second.send("x");
			await next(second, "close");
			return seen;
		},
	},
	{
		part: "4, message received, step 1",
		title: "no message is told after close()",
		expected: ["0", 'close 3 1005 "" true'],
		observe: async (kit) => {
			const socket = await opened(kit, "/flood");
			const heard: string[] = [];
			socket.onmessage = ({ data }) => {
				heard.push(data);
				socket.close();
			};
			const seen = record(socket);
			socket.send("go");
			return [...heard, ...(await seen), ...heard]
				.filter((text) => !text.startsWith("message"))
				.slice(-2)
				.reverse();
		},
	},
];

const EVENTS_ROWS: Row[] = [
	{
		part: "4, feedback from the protocol",
		title: "open, message, close, and the state in each",
		expected: ["open 1", "message 1", 'close 3 3000 "" true'],
		observe: async ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			const seen = record(socket);
			socket.onopen = () => socket.send("x");
			socket.onmessage = () => socket.close(3000);
			return seen;
		},
	},
	{
		part: "4, connection closed",
		title: "by the server, with code and reason, without, and with 1001",
		expected: [
			["open 1", 'close 3 4005 "enough" true'],
			["open 1", 'close 3 1005 "" true'],
			["open 1", 'close 3 1001 "away" true'],
		],
		singleUse: true,
		observe: async ({ WebSocket, server }) => {
			const paths = ["/close?code=4005&reason=enough", "/close", "/close?code=1001&reason=away"];
			return Promise.all(paths.map((path) => record(new WebSocket(server + path))));
		},
	},
	{
		part: "4, connection closed, and RFC 6455, 7.1.5",
		title: "by a connection that breaks: 1006, not clean",
		expected: ["open 1", 'close 3 1006 "" false'],
		singleUse: true,
		observe: async ({ WebSocket, server }) => {
			const seen = await record(new WebSocket(`${server}/drop`));
			// Whether a broken connection counts as failed is where platforms differ.
			return seen.filter((text) => !text.startsWith("error"));
		},
	},
	{
		part: "4, fail the connection",
		title: "a handshake that is refused: error, then close 1006",
		expected: ["error 3", 'close 3 1006 "" false'],
		singleUse: true,
		observe: ({ WebSocket, server }) => record(new WebSocket(`${server}/refuse`)),
	},
	{
		part: "4, fail the connection",
		title: "a handshake that breaks off: error, then close 1006",
		expected: ["error 3", 'close 3 1006 "" false'],
		singleUse: true,
		observe: ({ WebSocket, server }) => record(new WebSocket(`${server}/vanish`)),
	},
	{
		part: "RFC 6455, 8.1",
		title: "text that is no UTF-8 fails the connection: error, then close 1006",
		expected: ["open 1", "error 3", 'close 3 1006 "" false'],
		singleUse: true,
		observe: ({ WebSocket, server }) => record(new WebSocket(`${server}/broken`)),
	},
	{
		part: "4, connection established",
		title: "the protocol is the one that the server chose",
		expected: ["b", "b"],
		observe: async ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/protocol`, ["a", "b"]);
			const { data } = (await next(socket, "message")) as MessageEvent;
			socket.close();
			return [socket.protocol, data];
		},
	},
	{
		part: "4, message received, and HTML, MessageEvent",
		title: "has data, the origin of the URL, and else nothing",
		expected: ["x", true, "", null, 0, false, false],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const answer = next(socket, "message") as Promise<MessageEvent>;
			socket.send("x");
			const { data, origin, lastEventId, source, ports, bubbles, cancelable } = await answer;
			socket.close();
			return [data, origin === kit.server, lastEventId, source, ports.length, bubbles, cancelable];
		},
	},
	{
		part: "4, message received",
		title: "bytes come as binaryType says at that moment",
		expected: ["Blob 3", "ArrayBuffer 3", "Blob 3"],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen: string[] = [];
			for (const type of ["blob", "arraybuffer", "blob"] as const) {
				socket.binaryType = type;
				const data = (await reply(socket, new Uint8Array(3))) as Blob & ArrayBuffer;
				seen.push(`${data.constructor.name} ${data.size ?? data.byteLength}`);
			}
			socket.close();
			return seen;
		},
	},
	{
		part: "DOM, events",
		title:
			"are of their classes, neither bubble nor can be cancelled, and have the socket as target",
		expected: [
			"Event open true false false",
			"MessageEvent message true false false",
			"CloseEvent close true false false",
		],
		observe: async ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			const seen: string[] = [];
			for (const type of EVENTS)
				socket.addEventListener(type, (event) => {
					// A class of its own where the platform has none may have any name.
					const name = event.constructor.name.replace(/^Own|^#/, "");
					const isOurs = event.target === socket && event.currentTarget === socket;
					seen.push(`${name} ${event.type} ${isOurs} ${event.bubbles} ${event.cancelable}`);
				});
			await next(socket, "open");
			await reply(socket, "x");
			socket.close();
			await next(socket, "close");
			return seen;
		},
	},
	{
		part: "HTML, event handlers",
		title:
			"keep their place among listeners when replaced, lose it when removed, and get the socket as this",
		expected: ["handler 2 true", "listener", "listener", "handler 3 true"],
		undici: ["listener", "handler 2 true", "listener", "handler 3 true"],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen: string[] = [];
			const handler = (name: number) =>
				function (this: WebSocket) {
					seen.push(`handler ${name} ${this === socket}`);
				};
			socket.onmessage = handler(1);
			socket.addEventListener("message", () => seen.push("listener"));
			socket.onmessage = handler(2);
			await reply(socket, "x");
			socket.onmessage = null;
			socket.onmessage = handler(3);
			await reply(socket, "x");
			socket.close();
			return seen;
		},
	},
	{
		part: "HTML, event handler IDL attributes",
		title: "what is no object is null; an object that can't be called is kept and does nothing",
		expected: [null, null, "object", "function"],
		observe: ({ WebSocket, server }) => {
			const socket = new WebSocket(`${server}/echo`);
			const seen = [5, "text", {}, () => {}].map((value) => {
				socket.onerror = value as never;
				return socket.onerror && typeof socket.onerror;
			});
			socket.onerror = null;
			socket.close();
			return seen;
		},
	},
	{
		part: "DOM, addEventListener",
		title: "takes objects, once, and a signal; a listener added twice is called once",
		expected: ["object", "once", "twice", "object", "twice"],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen: string[] = [];
			const { signal, abort } = ((controller) => ({
				signal: controller.signal,
				abort: () => controller.abort(),
			}))(new AbortController());
			socket.addEventListener("message", { handleEvent: () => void seen.push("object") });
			socket.addEventListener("message", () => seen.push("once"), { once: true });
			const twice = (): unknown => seen.push("twice");
			socket.addEventListener("message", twice);
			socket.addEventListener("message", twice);
			socket.addEventListener("message", () => seen.push("aborted"), { signal });
			abort();
			await reply(socket, "x");
			await reply(socket, "x");
			socket.close();
			return seen;
		},
	},
	{
		part: "DOM, dispatchEvent",
		title: "events of the script's own reach listeners and handlers",
		expected: ["mine", "open"],
		observe: async (kit) => {
			const socket = await opened(kit, "/echo");
			const seen: string[] = [];
			socket.addEventListener("mine", ({ type }) => seen.push(type));
			socket.onopen = ({ type }) => seen.push(type);
			socket.dispatchEvent(new Event("mine"));
			socket.dispatchEvent(new Event("open"));
			socket.close();
			return seen;
		},
	},
];

export const ROWS: readonly Row[] = [...CONSTRUCTOR, ...SHAPE, ...SEND, ...CLOSE, ...EVENTS_ROWS];
