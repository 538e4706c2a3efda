// @vitest-environment jsdom
import { act } from "@testing-library/react";
import { startTransition, useState } from "react";
import { describe, expect, it } from "vitest";
import type { ConnectionState } from "../../src/index.js";
import {
	useBanner,
	useChannel,
	useClient,
	useConnection,
	usePublish,
	useServiceMode,
} from "../../src/react.js";
import { createScene } from "./scene.js";

describe("The status hooks", () => {
	it("show connection, mode and banner as they change", async () => {
		const scene = createScene({ connect: "eager" });
		function Status() {
			const { status } = useConnection();
			return `${status} ${useServiceMode().mode} ${useBanner()?.kind ?? "none"}`;
		}
		const { container } = scene.render(<Status />);
		expect(container.textContent).toBe("connecting normal none");
		await scene.advance(1_000);
		expect(container.textContent).toBe("connected normal none");
		scene.network.offline();
		await scene.advance(60_000);
		expect(container.textContent).toMatch(/^(?:reconnecting|connecting) offline offline$/);
		scene.network.online();
		while (scene.client.mode.get().mode !== "normal") await scene.advance(500);
		await scene.advance(500);
		expect(container.textContent).toBe("connected normal restored");
		await scene.advance(10_000);
		expect(container.textContent).toBe("connected normal none");
		expect(scene.complaints).toEqual([]);
	});

	it("render when the selection changes, and not for what was not selected", async () => {
		const scene = createScene({ connect: "eager" });
		const seen: string[] = [];
		function Status() {
			const status = useConnection((state) => state.status);
			seen.push(status);
			return status;
		}
		scene.render(<Status />);
		await scene.advance(120_000);
		const latencies = scene.history.filter(({ status }) => status === "connected").length;
		expect(latencies).toBeGreaterThan(1);
		expect(seen).toEqual(["connecting", "connected"]);
	});

	it("take a selection that is a new object each time", async () => {
		const scene = createScene({ connect: "eager" });
		function Status() {
			const { is } = useConnection((state: ConnectionState) => ({ is: state.status }));
			return is;
		}
		const { container } = scene.render(<Status />, { strict: true });
		await scene.advance(1_000);
		expect(container.textContent).toBe("connected");
		expect(scene.complaints).toEqual([]);
	});

	it("need a provider, and say so", () => {
		const scene = createScene();
		function Lost() {
			useClient();
			return null;
		}
		expect(() => scene.bare(<Lost />)).toThrow("There is no <ClientProvider> around this.");
	});

	it("follow the provider to another client", async () => {
		const [one, two] = [createScene({ connect: "eager" }), createScene()];
		function Status() {
			const { status } = useConnection();
			return `${status} ${useChannel("room", () => undefined).status}`;
		}
		const { container } = one.render(<Status />);
		await one.advance(1_000);
		expect(container.textContent).toBe("connected subscribed");
		one.use(two.client);
		one.again(<Status />);
		await one.advance(1_000);
		expect(one.frames("unsubscribe")).toHaveLength(1);
		await two.advance(1_000);
		expect(container.textContent).toBe("connected subscribed");
		expect(two.frames("subscribe")).toHaveLength(1);
	});

	it("never show two values at once, although React renders in slices", async () => {
		const scene = createScene({ connect: "eager" });
		let begin: () => void = () => undefined;
		const torn: string[] = [];
		function Slow() {
			const { status } = useConnection();
			// React yields between components; the connection changes in between.
			if (isSlow) scene.network.reset();
			return <i>{status}</i>;
		}
		let isSlow = false;
		function Page() {
			const [count, setCount] = useState(1);
			begin = () => startTransition(() => setCount(50));
			return Array.from({ length: count }, (_, n) => <Slow key={String(n)} />);
		}
		const { container } = scene.render(<Page />);
		await scene.advance(1_000);
		const look = new MutationObserver(() => {
			const shown = new Set([...container.querySelectorAll("i")].map((i) => i.textContent));
			if (shown.size > 1) torn.push([...shown].join());
		});
		look.observe(container, { subtree: true, childList: true, characterData: true });
		await act(async () => {
			isSlow = true;
			begin();
			await scene.clock.advance(10);
			isSlow = false;
		});
		await scene.advance(10);
		expect(container.querySelectorAll("i")).toHaveLength(50);
		expect(torn).toEqual([]);
	});
});

describe("usePublish", () => {
	it("publishes, and counts what no server has stored yet, of its channel alone", async () => {
		const scene = createScene();
		let publish: ReturnType<typeof usePublish<string>>["publish"] | undefined;
		const functions = new Set<unknown>();
		function Writer() {
			const room = usePublish<string>("room");
			publish = room.publish;
			functions.add(room.publish);
			return `${room.pending} ${usePublish("other").pending}`;
		}
		const { container } = scene.render(<Writer />);
		expect(container.textContent).toBe("0 0");
		const receipts: unknown[] = [];
		act(() => {
			for (const text of ["a", "b"])
				void publish?.(text).then(({ status }) => receipts.push(status));
		});
		expect(container.textContent).toBe("2 0");
		await scene.advance(1_000);
		expect(container.textContent).toBe("0 0");
		expect(receipts).toEqual(["stored", "stored"]);
		expect(functions.size).toBe(1);
	});
});
