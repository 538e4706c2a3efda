/* A chat in a terminal. What you type is published; what others type, and the banner, is printed. */
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { type Banner, createClient, RealtimeError } from "holdfast";

const USAGE = `node --import tsx examples/terminal-chat/main.ts --name ada --url ws://127.0.0.1:8080/realtime

  --name <name>        who you are; also the token that the server sees
  --url <ws url>       a server; give it again for each backup
  --api <http url>     the HTTP half, for when no server takes WebSockets
  --channel <channel>  (default: general)
`;

interface Chat {
	readonly [channel: string]: { readonly text: string };
}

function readOptions() {
	const { values } = parseArgs({
		options: {
			name: { type: "string" },
			url: { type: "string", multiple: true },
			api: { type: "string", multiple: true },
			channel: { type: "string", default: "general" },
		},
	});
	const { name, url: endpoints, api = [], channel } = values;
	if (name === undefined || endpoints === undefined)
		throw new Error("--name and --url are needed.");
	return { name, endpoints, api, channel };
}

function open() {
	try {
		const { name, channel, ...where } = readOptions();
		return { channel, client: createClient<Chat>({ ...where, getToken: async () => name }) };
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
		process.exit(2);
	}
}

/** Words are the application's; what is the matter, and for how long, is the library's. */
function describe(banner: Banner | null): string {
	switch (banner?.kind) {
		case "reconnecting":
			return "reconnecting…";
		case "degraded":
			return "no live connection: messages come every few seconds";
		case "offline":
			return "no connection: what you type is sent later";
		case "restored":
			return "connected again";
		default:
			return "";
	}
}

const { client, channel } = open();
const mine = new Set<string>();

function say(text: string): void {
	const id = crypto.randomUUID();
	mine.add(id);
	client.publish(channel, { text }, { id }).then(
		({ status }) => status !== "stored" && console.error(`* "${text}": ${status}`),
		(error) => console.error(`* "${text}" was not sent: ${RealtimeError.from(error).message}`),
	);
}

client.subscribe(channel, ({ id, from, data }) => {
	// Our own come back too: they are on the screen already.
	if (!mine.delete(id)) console.log(`${from}: ${data.text}`);
});
client.banner.subscribe((banner, previous) => {
	if (banner !== null && banner.kind !== previous?.kind) console.error(`* ${describe(banner)}`);
});
client.connection.subscribe((state, { status }) => {
	if (state.status === "connected" && status === "connecting") console.error("* connected");
	if (state.status !== "failed") return;
	console.error(`* ${state.cause.message}`);
	process.exit(1);
});

for await (const line of createInterface({ input: process.stdin })) {
	if (line.trim() !== "") say(line.trim());
}
// The end of input is no reason to leave something unsent.
if (client.outbox.get().length > 0)
	await new Promise<void>((resolve) => {
		client.outbox.subscribe((entries) => entries.length === 0 && resolve());
	});
await client.close();
