// @vitest-environment jsdom
import { act } from "@testing-library/react";
import type { ReactNode } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { describe, expect, it } from "vitest";
import {
	ClientProvider,
	ConnectionBanner,
	useAsset,
	useBanner,
	useChannel,
	useConnection,
	useMessages,
	usePublish,
	useServiceMode,
} from "../../src/react.js";
import { createScene, type Scene } from "./scene.js";

const LOADER = { load: () => new Promise<never>(() => {}) };

/** Every hook at once. */
function Page() {
	const { status } = useConnection();
	const name = useConnection((state) => ({ is: state.status })).is;
	const heard = useChannel("room", () => undefined).status;
	const off = useChannel("room", () => undefined, { enabled: false }).status;
	const { messages, state, gap } = useMessages("room", { from: { last: 5 } });
	const { pending } = usePublish("room");
	const asset = useAsset(LOADER, "a.json").status;
	const parts = [status, name, useServiceMode().mode, useBanner()?.kind, heard, off, state.status];
	return (
		<main>
			<ConnectionBanner />
			<p>{[...parts, messages.length, gap, pending, asset].join(" ")}</p>
		</main>
	);
}

const AT_SERVER =
	"<main><p>idle idle normal  subscribing unsubscribed subscribing 0 false 0 loading</p></main>";

const within = ({ client }: Pick<Scene, "client">, children: ReactNode): ReactNode => (
	<ClientProvider client={client}>{children}</ClientProvider>
);

describe("On the server", () => {
	it("every hook renders, nothing is dialled, and no style attribute meets a strict policy", async () => {
		const scene = createScene();
		expect(renderToString(within(scene, <Page />))).toBe(AT_SERVER);
		await scene.advance(60_000);
		expect(scene.server.dials).toEqual([]);
		expect(scene.client.connection.get()).toEqual({ status: "idle" });
		expect(scene.complaints).toEqual([]);
	});

	it("the same comes out when the server's own client is connected and has messages", async () => {
		const scene = createScene({ connect: "eager" });
		scene.client.subscribe("room", () => undefined);
		void scene.client.publish("room", "pending");
		await scene.clock.advance(1_000);
		scene.network.offline();
		scene.client.publish("room", "pending").catch(() => undefined);
		await scene.clock.advance(60_000);
		expect(renderToString(within(scene, <Page />))).toBe(AT_SERVER);
	});
});

describe("In the browser", () => {
	it("the first render is the server's, whatever the client is by then; then it is live", async () => {
		const server = createScene();
		const html = renderToString(within(server, <Page />));
		const scene = createScene({ connect: "eager" });
		for (const n of [1, 2, 3]) scene.server.publish("room", n);
		await scene.clock.advance(1_000);
		const container = document.body.appendChild(document.createElement("div"));
		container.innerHTML = html;
		const paragraph = container.querySelector("p");
		const errors: unknown[] = [];
		const root = await act(async () =>
			hydrateRoot(container, within(scene, <Page />), {
				onRecoverableError: (reason) => errors.push(reason),
			}),
		);
		await scene.advance(1_000);
		expect(errors).toEqual([]);
		expect(scene.complaints).toEqual([]);
		// Hydrated, not made anew.
		expect(container.querySelector("p")).toBe(paragraph);
		expect(paragraph?.textContent).toBe(
			"connected connected normal  subscribed unsubscribed subscribed 3 false 0 loading",
		);
		expect(container.querySelector("[role=status]")).not.toBeNull();
		expect(scene.frames("subscribe")).toHaveLength(1);
		act(() => root.unmount());
		container.remove();
	});
});
