// @vitest-environment jsdom
import { Activity } from "react";
import { act } from "@testing-library/react";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Message } from "../../src/index.js";
import { type MessagesOptions, useChannel, useMessages } from "../../src/react.js";
import { createScene } from "./scene.js";

function List({ channel = "room", ...options }: MessagesOptions & { readonly channel?: string }) {
	const { messages, state, gap } = useMessages(channel, options);
	return (
		<p>
			{state.status}: {messages.map(({ data }) => String(data)).join(" ")}
			{gap && " (gap)"}
		</p>
	);
}

function Ear({ heard = [] }: { readonly heard?: unknown[] }) {
	useChannel("room", ({ data }) => heard.push(data));
	return null;
}

const isGap = ({ textContent }: Element): boolean => textContent?.includes("gap") === true;

/** Throws at one message. */
function Picky(props: { readonly heard: unknown[]; readonly from?: MessagesOptions["from"] }) {
	const { heard, from = "earliest" } = props;
	const listen = ({ data }: Message<unknown>): void => {
		if (data === 2) throw new Error("not 2");
		heard.push(data);
	};
	useChannel("room", listen, { from });
	return null;
}

describe("The last messages of a channel", () => {
	it("are kept up to the limit, in order", async () => {
		const scene = createScene();
		const { container } = scene.render(<List limit={3} />);
		await scene.publish("room", 1, 2);
		expect(container.textContent).toBe("subscribed: 1 2");
		await scene.publish("room", 3, 4, 5);
		expect(container.textContent).toBe("subscribed: 3 4 5");
	});

	it("begin with the past where `from` says so, once under StrictMode too", async () => {
		const scene = createScene();
		for (const n of [1, 2, 3]) scene.server.publish("room", n);
		const { container } = scene.render(<List from={{ last: 2 }} />, { strict: true });
		await scene.publish("room", 4);
		expect(container.textContent).toBe("subscribed: 2 3 4");
		expect(scene.frames("subscribe")).toHaveLength(1);
		expect(scene.complaints).toEqual([]);
	});

	it("grow and shrink with the limit, and are not asked for again", async () => {
		const scene = createScene();
		const { container } = scene.render(<List limit={2} />);
		await scene.publish("room", 1, 2, 3);
		scene.again(<List limit={1} />);
		expect(container.textContent).toBe("subscribed: 3");
		scene.again(<List limit={3} />);
		await scene.publish("room", 4, 5);
		expect(container.textContent).toBe("subscribed: 3 4 5");
		expect(scene.frames("subscribe")).toHaveLength(1);
	});

	it("begin anew with another channel", async () => {
		const scene = createScene();
		const { container } = scene.render(<List />);
		await scene.publish("room", 1);
		scene.again(<List channel="other" />);
		expect(container.textContent).toBe("subscribing: ");
		await scene.publish("other", 2);
		await scene.publish("room", 3);
		expect(container.textContent).toBe("subscribed: 2");
	});

	it("are replayed after an outage, each once", async () => {
		const scene = createScene();
		const { container } = scene.render(<List />);
		await scene.publish("room", 1);
		scene.network.offline();
		await scene.advance(1_000);
		await scene.publish("room", 2, 3);
		scene.network.online();
		await scene.advance(30_000);
		expect(container.textContent).toBe("subscribed: 1 2 3");
	});

	it("have a gap until what is shown lies behind it", async () => {
		const scene = createScene({ server: { retain: { messages: 1, ms: 600_000 } } });
		const { container } = scene.render(<List limit={3} />);
		await scene.publish("room", 1);
		scene.network.offline();
		await scene.advance(1_000);
		for (const n of [2, 3, 4]) scene.server.publish("room", n);
		await scene.advance(5_000);
		scene.network.online();
		await scene.advance(30_000);
		expect(container.textContent).toBe("subscribed: 1 4 (gap)");
		await scene.publish("room", 5);
		expect(container.textContent).toBe("subscribed: 1 4 5 (gap)");
		await scene.publish("room", 6);
		expect(container.textContent).toBe("subscribed: 4 5 6");
	});

	it.each([0, -1, 0.5, Number.NaN])("of a limit of %s are none that make sense", (limit) => {
		const scene = createScene();
		scene.render(<List limit={limit} />);
		expect(scene.thrown).toEqual([expect.objectContaining({ code: "invalid-option" })]);
	});
});

describe("A list that comes to a channel that is live already", () => {
	/** Another component listens first; five messages are older than both. */
	async function late(options: MessagesOptions, api = true) {
		const scene = createScene(api ? {} : { api: [] });
		for (const n of [1, 2, 3, 4, 5]) scene.server.publish("room", n);
		const ear = <Ear key="ear" />;
		const { container } = scene.render([ear]);
		await scene.publish("room", 6);
		scene.again([ear, <List key="list" {...options} />]);
		scene.server.publish("room", 7);
		// The code for it is loaded when it is first needed: real time.
		await import("../../src/react/catch-up.js");
		await scene.publish("room", 8);
		return { scene, text: container.textContent };
	}

	it("gets its past by history, and then what came meanwhile, each once", async () => {
		const { scene, text } = await late({ from: { last: 3 } });
		expect(text).toMatch(/^subscribed: (?:4 5 6|5 6 7) /);
		expect(text).toMatch(/ 6 7 8$/);
		expect(scene.frames("subscribe")).toHaveLength(1);
		expect(scene.thrown).toEqual([]);
	});

	it("gets all of it from the earliest on", async () => {
		const { text } = await late({ from: "earliest" });
		expect(text).toBe("subscribed: 1 2 3 4 5 6 7 8");
	});

	it("gets what is behind a position, and is told of a gap where it is not of this log", async () => {
		const { scene, text } = await late({ from: { epoch: "another", offset: 3 } });
		expect(text).toBe("subscribed: 1 2 3 4 5 6 7 8 (gap)");
		const [{ position } = { position: null }] = await historyOf(scene);
		if (position === null) throw new Error("no position");
		const again = await late({ from: { ...position, offset: 4 } });
		// The clock and the seed are the same, so is the epoch.
		expect(again.text).toBe("subscribed: 5 6 7 8");
	});

	it("is told of a gap where there is no HTTP half to ask, and goes on", async () => {
		const { text } = await late({ from: { last: 3 } }, false);
		expect(text).toBe("subscribed: 7 8 (gap)");
	});

	it("goes on, and is told of a gap, where the code for it can't be loaded", async () => {
		vi.doMock("../../src/react/catch-up.js", () => {
			throw new Error("offline");
		});
		onTestFinished(() => void vi.doUnmock("../../src/react/catch-up.js"));
		const scene = createScene();
		const ear = <Ear key="ear" />;
		const { container } = scene.render([ear]);
		await scene.publish("room", 1);
		scene.again([ear, <List key="list" from="earliest" />]);
		await act(() => vi.waitUntil(() => scene.clock.settle().then(() => isGap(container))));
		await scene.publish("room", 2);
		expect(container.textContent).toBe("subscribed: 2 (gap)");
	});

	it("is told nothing of the past once its signal has ended it", async () => {
		const scene = createScene();
		for (const n of [1, 2]) scene.server.publish("room", n);
		const ear = <Ear key="ear" />;
		const { container } = scene.render([ear]);
		await scene.publish("room", 3);
		const abort = new AbortController();
		scene.again([ear, <List key="list" from="earliest" signal={abort.signal} />]);
		act(() => abort.abort());
		await import("../../src/react/catch-up.js");
		await scene.publish("room", 4);
		expect(container.textContent).toBe("unsubscribed: ");
	});

	it("is told all of it although its listener throws at one", async () => {
		const scene = createScene();
		for (const n of [1, 2, 3]) scene.server.publish("room", n);
		const [heard, uncaught]: unknown[][] = [[], []];
		const catchIt = (reason: Error): void => void uncaught?.push(reason.message);
		process.on("unhandledRejection", catchIt);
		onTestFinished(() => void process.off("unhandledRejection", catchIt));
		const ear = <Ear key="ear" />;
		scene.render([ear]);
		await scene.advance(1_000);
		scene.again([ear, <Picky key="picky" heard={heard as unknown[]} />]);
		await import("../../src/react/catch-up.js");
		await scene.publish("room", 4);
		expect(heard).toEqual([1, 3, 4]);
		expect(uncaught).toEqual(["not 2"]);
	});

	it("does not wait for the replay of one whose effects were taken away", async () => {
		const scene = createScene();
		for (const n of [1, 2, 3]) scene.server.publish("room", n);
		const ear = <Ear key="ear" />;
		const hidden = (mode: "visible" | "hidden") => (
			<Activity key="hidden" mode={mode}>
				<Picky heard={[]} from={{ last: 1 }} />
			</Activity>
		);
		scene.render([hidden("visible"), ear]);
		scene.again([hidden("hidden"), ear]);
		await scene.advance(1_000);
		const { container } = scene.view();
		scene.again([hidden("hidden"), ear, <List key="list" from={{ last: 1 }} />]);
		await import("../../src/react/catch-up.js");
		await scene.publish("room", 4);
		expect(container.textContent).toBe("subscribed: 3 4");
	});

	it("starts from now where it asks for nothing else, and asks for nothing", async () => {
		const { text } = await late({});
		expect(text).toBe("subscribed: 7 8");
	});
});

async function historyOf(scene: ReturnType<typeof createScene>) {
	const asked = scene.client.history("room", { limit: 1 });
	await scene.advance(1_000);
	return asked;
}

describe("A list whose effects React takes away for a while", () => {
	it("goes on behind the last message that it has", async () => {
		const scene = createScene();
		const page = (mode: "visible" | "hidden") => (
			<Activity mode={mode}>
				<List />
			</Activity>
		);
		const { container } = scene.render(page("visible"));
		await scene.publish("room", 1, 2);
		scene.again(page("hidden"));
		await scene.publish("room", 3);
		expect(scene.frames("unsubscribe")).toHaveLength(1);
		scene.again(page("visible"));
		await scene.publish("room", 4);
		expect(container.textContent).toBe("subscribed: 1 2 3 4");
	});
});
