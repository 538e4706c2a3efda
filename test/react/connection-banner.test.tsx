// @vitest-environment jsdom
import { fireEvent, within } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import {
	type BannerLabels,
	ConnectionBanner,
	type ConnectionBannerProps,
} from "../../src/react.js";
import type { HarnessOptions } from "../../src/testing.js";
import { createScene } from "./scene.js";

const MANUAL = { degraded: { polling: "manual" } } as const;

/** A banner of a client that is connected. */
async function banner(props: ConnectionBannerProps = {}, options: HarnessOptions = {}) {
	const scene = createScene({ connect: "eager", ...options });
	const { container } = scene.render(
		<header>
			<ConnectionBanner {...props} />
		</header>,
		{ strict: true },
	);
	await scene.advance(1_000);
	const view = within(container);
	const element = container.querySelector("header > div") as HTMLElement;
	return { ...scene, scene, container, view, element, status: view.getByRole("status") };
}

type Shown = Awaited<ReturnType<typeof banner>>;

async function goOffline({ scene }: Shown): Promise<void> {
	scene.network.offline();
	await scene.advance(60_000);
}

/** WebSockets are refused, HTTP is not. */
async function degrade({ scene }: Shown): Promise<void> {
	scene.server.behavior = { refuse: 503 };
	scene.server.close(1001);
	await scene.advance(20_000);
}

const reach = {
	async reconnecting({ scene }: Shown) {
		scene.server.behavior = "hang";
		scene.server.close(1001);
		await scene.advance(4_000);
	},
	degraded: degrade,
	offline: goOffline,
	async restored(shown: Shown) {
		await goOffline(shown);
		shown.scene.network.online();
		for (let n = 0; n < 200 && shown.client.banner.get()?.kind !== "restored"; n += 1)
			await shown.scene.advance(250);
	},
	/** Polls by hand, and something waits. */
	async waiting(shown: Shown) {
		shown.client.subscribe("room", () => undefined);
		await shown.scene.advance(1_000);
		await degrade(shown);
		shown.server.publish("room", "waits");
		await shown.scene.advance(60_000);
	},
};
const KINDS = Object.keys(reach) as (keyof typeof reach)[];

describe("The banner", () => {
	it("is a polite live region that is there, empty, before there is anything to say", async () => {
		const shown = await banner();
		expect(shown.status.textContent).toBe("");
		expect(shown.status.getAttribute("aria-live") ?? "polite").toBe("polite");
		expect(shown.view.queryAllByRole("button")).toEqual([]);
		await goOffline(shown);
		// The very same element: a region that comes with its words is not read out.
		expect(shown.view.getByRole("status")).toBe(shown.status);
		expect(shown.status.textContent).not.toBe("");
		expect(shown.complaints).toEqual([]);
	});

	it.each([
		["reconnecting", "Reconnecting…", ["Retry", "Dismiss"]],
		["degraded", "Messages may be delayed.", ["Retry", "Dismiss"]],
		["offline", "No connection.", ["Retry", "Dismiss"]],
		["restored", "Connected again.", ["Dismiss"]],
	] as const)("says, and offers, when %s", async (kind, words, buttons) => {
		const shown = await banner();
		await reach[kind](shown);
		expect(shown.status.textContent).toBe(words);
		expect(shown.element.dataset.kind).toBe(kind);
		expect(shown.view.getAllByRole("button").map((button) => button.textContent)).toEqual(buttons);
	});

	it.each(KINDS)("has no word of ours when all labels are given: %s", async (kind) => {
		const labels: BannerLabels = {
			reconnecting: "1",
			degraded: "2",
			offline: "3",
			restored: "4",
			retry: "5",
			loadMore: "6",
			dismiss: "7",
		};
		const shown = await banner({ labels }, kind === "waiting" ? MANUAL : {});
		await reach[kind](shown);
		expect(shown.container.textContent).toMatch(/^[1-7]+$/);
		for (const { attributes } of shown.container.querySelectorAll("*"))
			for (const { name } of attributes)
				expect(["role", "type", "style", "data-kind"]).toContain(name);
	});

	it.each(KINDS)("has nothing that axe objects to: %s", async (kind) => {
		const shown = await banner({}, kind === "waiting" ? MANUAL : {});
		await reach[kind](shown);
		const { violations, passes } = await axe.run(shown.container, {
			// Colours need a real browser: test/browser/react.test.ts.
			rules: { "color-contrast": { enabled: false } },
		});
		expect(violations).toEqual([]);
		expect(passes.map(({ id }) => id)).toContain("button-name");
	});

	it("retries, and goes when it is dismissed", async () => {
		const shown = await banner();
		await reach.offline(shown);
		shown.scene.network.online();
		const dials = shown.server.dials.length;
		fireEvent.click(shown.view.getByRole("button", { name: "Retry" }));
		await shown.scene.advance(1_000);
		expect(shown.server.dials.length).toBe(dials + 1);
		await goOffline(shown);
		fireEvent.click(shown.view.getByRole("button", { name: "Dismiss" }));
		await shown.scene.advance(0);
		expect(shown.container.textContent).toBe("");
	});

	it("loads more, and takes a failure for what it is: news for the banner, and no error of the page", async () => {
		const shown = await banner({}, MANUAL);
		await reach.waiting(shown);
		const polls = shown.client.stats.get().polls;
		shown.server.apiBehavior = () => ({ refuse: 503 });
		fireEvent.click(shown.view.getByRole("button", { name: "Load more" }));
		await shown.scene.advance(1_000);
		expect(shown.client.stats.get().polls).toBeGreaterThan(polls);
	});

	it("can be reached and worked by keyboard: its buttons are buttons, in the order of the page", async () => {
		const shown = await banner({}, MANUAL);
		await reach.waiting(shown);
		const buttons = shown.view.getAllByRole("button");
		expect(buttons.map((button) => button.textContent)).toEqual(["Retry", "Load more", "Dismiss"]);
		for (const button of buttons) {
			expect(button.tabIndex).toBe(0);
			expect(button.getAttribute("type")).toBe("button");
			button.focus();
			expect(document.activeElement).toBe(button);
		}
	});

	it("keeps the focus where it is when one trouble turns into another", async () => {
		const shown = await banner();
		await reach.reconnecting(shown);
		const retry = shown.view.getByRole("button", { name: "Retry" });
		retry.focus();
		await goOffline(shown);
		expect(shown.status.textContent).toBe("No connection.");
		expect(document.activeElement).toBe(retry);
	});

	it("is out of the flow, shown or not, and nothing in it moves", async () => {
		const shown = await banner();
		expect(shown.element.style.position).toBe("fixed");
		await goOffline(shown);
		expect(shown.element.style.position).toBe("fixed");
		expect(shown.element.getAttribute("style")).not.toMatch(/animation|transition|transform/);
	});

	it("has no style of ours where it is given a class", async () => {
		const shown = await banner({ className: "bar" });
		expect(shown.element.outerHTML).toBe('<div><span role="status"></span></div>');
		await goOffline(shown);
		expect(shown.element.className).toBe("bar");
		expect(shown.element.getAttribute("style")).toBeNull();
	});
});
