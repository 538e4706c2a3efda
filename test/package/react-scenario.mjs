/*
 * A page in jsdom with the packed package and whichever React lies beside it: StrictMode, two components
 * on a channel, a server that goes, unmounting, and both ways to render on a server. Prints what it saw.
 */
import { Writable } from "node:stream";
import { createHarness } from "holdfast/testing";
import {
	ClientProvider,
	ConnectionBanner,
	useChannel,
	useConnection,
	useMessages,
	usePublish,
} from "holdfast/react";
import { act, createElement as h, StrictMode, Suspense, version } from "react";
import { createRoot } from "react-dom/client";
import { renderToPipeableStream, renderToString } from "react-dom/server";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const complaints = [];
console.error = (...parts) => {
	// Server and page in one process: of that alone React complains here.
	if (!/multiple renderers/.test(parts[0])) complaints.push(parts.join(" "));
};
const harness = createHarness();
const heard = [];

function List() {
	const { messages } = useMessages("room", { from: { last: 2 } });
	const { pending } = usePublish("room");
	const status = useConnection((state) => state.status);
	return h("p", null, [status, pending, ...messages.map(({ data }) => data)].join(" "));
}

function Ear() {
	useChannel("room", ({ data }) => heard.push(data));
	return null;
}

const page = h(
	StrictMode,
	null,
	h(
		ClientProvider,
		{ client: harness.client },
		h(ConnectionBanner),
		h(Suspense, { fallback: "…" }, h(Ear), h(List)),
	),
);

const html = renderToString(page);
const streamed = await new Promise((resolve) => {
	let text = "";
	const sink = new Writable({
		write(chunk, _, done) {
			text += chunk;
			done();
		},
		final(done) {
			resolve(text);
			done();
		},
	});
	const { pipe } = renderToPipeableStream(page, { onAllReady: () => pipe(sink) });
});
const dialsOfServer = harness.server.dials.length;

for (const data of ["a", "b", "c"]) harness.server.publish("room", data);
const container = document.body.appendChild(document.createElement("div"));
const root = createRoot(container);
await act(async () => root.render(page));
await act(() => harness.clock.advance(1_000));
harness.server.publish("room", "d");
await act(() => harness.clock.advance(1_000));
const shown = container.querySelector("p").textContent;
await act(() => {
	harness.network.offline();
	return harness.clock.advance(60_000);
});
const banner = container.querySelector("[role=status]").textContent;
const buttons = [...container.querySelectorAll("button")].map(({ textContent }) => textContent);
await act(() => {
	harness.network.online();
	return harness.clock.advance(60_000);
});
await act(async () => root.unmount());
await harness.clock.advance(1_000);
const count = (type) => harness.server.received.filter((frame) => frame.type === type).length;
const seen = {
	version,
	html,
	isStreamedAlike: streamed.replaceAll(/<!--.*?-->/g, "") === html.replaceAll(/<!--.*?-->/g, ""),
	dialsOfServer,
	shown,
	heard,
	banner,
	buttons,
	unsubscribes: count("unsubscribe"),
	complaints,
};
await harness.client.close();
console.log(JSON.stringify(seen));
process.exit();
