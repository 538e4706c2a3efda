// @vitest-environment jsdom
import { Suspense, use, useState } from "react";
import { act } from "@testing-library/react";
import { flushSync } from "react-dom";
import { describe, expect, it } from "vitest";
import { type ChannelOptions, useChannel } from "../../src/react.js";
import { createScene } from "./scene.js";

/** Puts what it hears into `heard`, and shows the state of its subscription. */
function Listener(props: {
	readonly heard: unknown[];
	readonly channel?: string;
	readonly options?: ChannelOptions;
}) {
	const { heard, channel = "room", options } = props;
	const { status } = useChannel(channel, ({ data }) => heard.push(data), options);
	return <p>{status}</p>;
}

describe("A component on a channel", () => {
	it("dials when it is mounted, hears messages, and says how its subscription is", async () => {
		const scene = createScene();
		const heard: unknown[] = [];
		const { container } = scene.render(<Listener heard={heard} />);
		expect(container.textContent).toBe("subscribing");
		await scene.advance(1_000);
		expect(container.textContent).toBe("subscribed");
		await scene.publish("room", "a", "b");
		expect(heard).toEqual(["a", "b"]);
		expect(scene.complaints).toEqual([]);
	});

	it("calls the listener of the newest render, and subscribes once however often it renders", async () => {
		const scene = createScene();
		const [first, second]: unknown[][] = [[], []];
		scene.render(<Listener heard={first as unknown[]} options={{ from: { last: 3 } }} />);
		await scene.publish("room", "a");
		scene.again(<Listener heard={second as unknown[]} options={{ from: { last: 3 } }} />);
		await scene.publish("room", "b");
		expect([first, second]).toEqual([["a"], ["b"]]);
		expect(scene.frames("subscribe")).toHaveLength(1);
	});

	it("says why it was denied", async () => {
		const scene = createScene({ server: { canSubscribe: () => false } });
		const { container } = scene.render(<Listener heard={[]} />);
		await scene.advance(1_000);
		expect(container.textContent).toBe("denied");
	});

	it("that is not enabled dials nothing, and begins when it is", async () => {
		const scene = createScene();
		const heard: unknown[] = [];
		const { container } = scene.render(<Listener heard={heard} options={{ enabled: false }} />);
		await scene.advance(1_000);
		expect(container.textContent).toBe("unsubscribed");
		expect(scene.server.dials).toHaveLength(0);
		scene.again(<Listener heard={heard} options={{ enabled: true }} />);
		await scene.publish("room", "a");
		expect(heard).toEqual(["a"]);
		scene.again(<Listener heard={heard} options={{ enabled: false }} />);
		await scene.publish("room", "b");
		expect(heard).toEqual(["a"]);
		expect(scene.frames("unsubscribe")).toHaveLength(1);
	});

	it("ends with its signal, and says so", async () => {
		const scene = createScene();
		const abort = new AbortController();
		const heard: unknown[] = [];
		const options = { signal: abort.signal };
		const { container } = scene.render(<Listener heard={heard} options={options} />);
		await scene.publish("room", "a");
		act(() => abort.abort());
		await scene.publish("room", "b");
		expect(container.textContent).toBe("unsubscribed");
		expect(heard).toEqual(["a"]);
	});

	it("leaves the old channel for the new one, and hears nothing of the old one", async () => {
		const scene = createScene();
		const [old, next]: unknown[][] = [[], []];
		scene.render(<Listener heard={old as unknown[]} channel="old" />);
		await scene.publish("old", 1);
		scene.again(<Listener heard={next as unknown[]} channel="new" />);
		await scene.advance(1_000);
		await scene.publish("old", 2);
		await scene.publish("new", 3);
		expect([old, next]).toEqual([[1], [3]]);
		expect(scene.frames("unsubscribe").map(({ channel }) => channel)).toEqual(["old"]);
	});

	it("throws where its channel has no name, for the nearest error boundary", () => {
		const scene = createScene();
		scene.render(<Listener heard={[]} channel="" />);
		expect(scene.thrown).toEqual([expect.objectContaining({ code: "invalid-option" })]);
	});

	it("tells of a gap that can be proved", async () => {
		const scene = createScene({ server: { retain: { messages: 2, ms: 600_000 } } });
		const told: unknown[] = [];
		const onGap = (gap: unknown): void => void told.push(gap);
		scene.render(<Listener heard={[]} options={{ onGap }} />);
		await scene.publish("room", 0);
		scene.network.offline();
		await scene.advance(1_000);
		for (const n of [1, 2, 3, 4, 5]) scene.server.publish("room", n);
		await scene.advance(5_000);
		scene.network.online();
		await scene.advance(30_000);
		expect(told).toEqual([{ channel: "room", missed: 3 }]);
	});
});

describe("A component that goes", () => {
	it("while it connects leaves no subscription, and sets no state", async () => {
		const scene = createScene({ behavior: "hang" });
		const view = scene.render(<Listener heard={[]} />);
		await scene.advance(1_000);
		expect(scene.client.connection.get().status).toBe("connecting");
		view.unmount();
		scene.server.behavior = "accept";
		await scene.advance(30_000);
		expect(scene.client.connection.get().status).toBe("connected");
		expect(scene.frames("subscribe")).toEqual([]);
		expect(scene.complaints).toEqual([]);
	});

	it("while a message is being told hears nothing more", async () => {
		const scene = createScene();
		const heard: unknown[] = [];
		let hide: (isShown: boolean) => void = () => undefined;
		function Closer() {
			useChannel("room", () => flushSync(() => hide(false)));
			return null;
		}
		function Page() {
			const [isShown, show] = useState(true);
			hide = show;
			return (
				<>
					<Closer />
					{isShown && <Listener heard={heard} />}
				</>
			);
		}
		scene.render(<Page />);
		await scene.publish("room", "a");
		expect(heard).toEqual([]);
		expect(scene.complaints).toEqual([]);
	});

	it("before it was ever shown, since it was suspended, has subscribed to nothing", async () => {
		const scene = createScene();
		const never = new Promise<never>(() => {});
		function Waiting() {
			useChannel("room", () => undefined);
			return use(never);
		}
		const view = scene.render(
			<Suspense fallback="waits">
				<Waiting />
			</Suspense>,
		);
		await scene.advance(1_000);
		view.unmount();
		expect(scene.server.dials).toEqual([]);
	});
});

describe("Two components on a channel", () => {
	it("share one subscription, and the last to leave ends it", async () => {
		const scene = createScene();
		const [one, two]: unknown[][] = [[], []];
		const first = <Listener key="1" heard={one as unknown[]} />;
		const second = <Listener key="2" heard={two as unknown[]} />;
		scene.render([first, second]);
		await scene.publish("room", "a");
		expect(scene.frames("subscribe")).toHaveLength(1);
		scene.again([second]);
		await scene.publish("room", "b");
		expect(scene.frames("unsubscribe")).toHaveLength(0);
		scene.again([]);
		await scene.publish("room", "c");
		expect(scene.frames("unsubscribe")).toHaveLength(1);
		expect([one, two]).toEqual([["a"], ["a", "b"]]);
	});

	it("still hear when the other one's listener throws; the client tells of it", async () => {
		const scene = createScene();
		const errors: unknown[] = [];
		scene.client.on("error", ({ cause }) => errors.push(cause));
		const heard: unknown[] = [];
		const broken = {
			push: () => {
				throw new Error("mine");
			},
		} as unknown as unknown[];
		scene.render([<Listener key="1" heard={broken} />, <Listener key="2" heard={heard} />]);
		await scene.publish("room", "a");
		expect(heard).toEqual(["a"]);
		expect(errors).toEqual([expect.objectContaining({ message: "mine" })]);
	});

	it.each([
		["the one that asks for less", [undefined, { last: 2 }, { last: 4 }], [2, 3, 4, 5]],
		["the one that asks for more", [{ last: 4 }, { last: 2 }, undefined], [2, 3, 4, 5]],
		["one that asks for all", [{ last: 2 }, "earliest" as const, undefined], [1, 2, 3, 4, 5]],
	])(
		"mounted together start where the furthest of them wants to, also if %s comes first",
		async (_, starts, expected) => {
			const scene = createScene();
			for (const n of [1, 2, 3, 4, 5]) scene.server.publish("room", n);
			const heards: unknown[][] = starts.map(() => []);
			scene.render(
				starts.map((from, index) => (
					<Listener
						key={String(index)}
						heard={heards[index] as unknown[]}
						options={from === undefined ? {} : { from }}
					/>
				)),
				{ strict: true },
			);
			await scene.advance(1_000);
			expect(heards).toEqual(starts.map(() => expected));
			expect(scene.frames("subscribe")).toHaveLength(1);
			expect(scene.thrown).toEqual([]);
		},
	);
});
