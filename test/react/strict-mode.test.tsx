// @vitest-environment jsdom
import { act } from "@testing-library/react";
import { Suspense, startTransition, use, useState } from "react";
import { describe, expect, expectTypeOf, it } from "vitest";
import { createClient, type Message } from "../../src/index.js";
import { createHooks, useChannel, useMessages } from "../../src/react.js";
import { createScene } from "./scene.js";

function Listener({ heard, channel = "room" }: { heard: unknown[]; channel?: string }) {
	const { status } = useChannel(channel, ({ data }) => heard.push(data));
	const { messages } = useMessages(channel, { from: { last: 2 } });
	return (
		<p>
			{status} {messages.map(({ data }) => String(data)).join(" ")}
		</p>
	);
}

describe("A6: under StrictMode, which mounts twice", () => {
	it("there is one connection and one subscription, and every message comes once", async () => {
		const scene = createScene();
		const heard: unknown[] = [];
		const { container } = scene.render(<Listener heard={heard} />, { strict: true });
		await scene.publish("room", "a", "b");
		expect(scene.server.dials).toHaveLength(1);
		expect(scene.frames("subscribe")).toHaveLength(1);
		expect(scene.frames("unsubscribe")).toHaveLength(0);
		expect(heard).toEqual(["a", "b"]);
		expect(container.textContent).toBe("subscribed a b");
		expect(scene.complaints).toEqual([]);
	});

	it("a channel that changes while it connects is the only one asked for", async () => {
		const scene = createScene();
		const heard: unknown[] = [];
		scene.render(<Listener heard={heard} channel="first" />, { strict: true });
		await scene.advance(0);
		scene.again(<Listener heard={heard} channel="second" />);
		await scene.publish("second", 1);
		expect(scene.server.dials).toHaveLength(1);
		expect(scene.frames("subscribe").map(({ channel }) => channel)).toEqual(["second"]);
		expect(heard).toEqual([1]);
	});

	it("on a client that is live, mounting costs one subscription, unmounting ends it", async () => {
		const scene = createScene({ connect: "eager" });
		await scene.advance(1_000);
		const view = scene.render(<Listener heard={[]} />, { strict: true });
		await scene.advance(1_000);
		view.unmount();
		await scene.advance(1_000);
		expect(scene.frames("subscribe")).toHaveLength(1);
		expect(scene.frames("unsubscribe")).toHaveLength(1);
		expect(scene.complaints).toEqual([]);
	});
});

describe("A component that is suspended after it was shown", () => {
	it("keeps its subscription and its messages, and misses none", async () => {
		const scene = createScene();
		const heard: unknown[] = [];
		let suspend: () => void = () => undefined;
		let resume: () => void = () => undefined;
		function Page() {
			const [waits, wait] = useState<Promise<void> | null>(null);
			suspend = () =>
				wait(
					new Promise((resolve) => {
						resume = resolve;
					}),
				);
			const { messages } = useMessages("room");
			useChannel("room", ({ data }) => heard.push(data));
			if (waits !== null) use(waits);
			return messages.map(({ data }) => String(data)).join(" ");
		}
		const { container } = scene.render(
			<Suspense fallback="…">
				<Page />
			</Suspense>,
		);
		await scene.publish("room", 1);
		act(suspend);
		expect(container.textContent).toContain("…");
		await scene.publish("room", 2);
		await act(async () => resume());
		await scene.publish("room", 3);
		expect(container.textContent).toBe("1 2 3");
		expect(heard).toEqual([1, 2, 3]);
		expect(scene.frames("subscribe")).toHaveLength(1);
	});

	it("and whose channel changes in a transition that never ends hears the old one alone", async () => {
		const scene = createScene();
		let change: () => void = () => undefined;
		const never = new Promise<void>(() => {});
		function Page() {
			const [channel, setChannel] = useState("old");
			change = () => startTransition(() => setChannel("new"));
			const { messages } = useMessages(channel);
			if (channel === "new") use(never);
			return messages.map(({ data }) => String(data)).join(" ");
		}
		const { container } = scene.render(
			<Suspense fallback="…">
				<Page />
			</Suspense>,
		);
		await scene.publish("old", 1);
		act(change);
		await scene.publish("old", 2);
		await scene.publish("new", 3);
		expect(container.textContent).toBe("1 2");
		expect(scene.frames("subscribe").map(({ channel }) => channel)).toEqual(["old"]);
	});
});

describe("createHooks", () => {
	interface Channels {
		room: { readonly text: string };
		ticker: number;
	}
	const hooks = createHooks<Channels>();

	it("types channels and messages, and gives the very same hooks", () => {
		expect(hooks.useChannel).toBe(useChannel);
		type List = ReturnType<typeof hooks.useMessages<"room">>;
		expectTypeOf<List["messages"]>().toEqualTypeOf<readonly Message<Channels["room"]>[]>();
		type Publish = ReturnType<typeof hooks.usePublish<"ticker">>["publish"];
		expectTypeOf<Parameters<Publish>[0]>().toEqualTypeOf<number>();
		expectTypeOf<Parameters<typeof hooks.useMessages>[0]>().toEqualTypeOf<"room" | "ticker">();
		const client = createClient<Channels>({ endpoints: ["wss://a.test"], connect: "manual" });
		const other = createClient<{ a: 1 }>({ endpoints: ["wss://a.test"], connect: "manual" });
		expect(<hooks.ClientProvider client={client} />).toBeTruthy();
		// @ts-expect-error -- a client of other channels
		expect(<hooks.ClientProvider client={other} />).toBeTruthy();
	});
});
