/* Components of a test beside a harness: real hooks, a simulated network, virtual time. */
import { act, cleanup, render, type RenderResult } from "@testing-library/react";
import { Component, type ReactNode, StrictMode } from "react";
import { onTestFinished } from "vitest";
import { ClientProvider } from "../../src/react.js";
import type { Client } from "../../src/index.js";
import { createHarness, type Harness, type HarnessOptions } from "../../src/testing.js";

export interface Scene extends Harness<Record<string, unknown>> {
	/** What React complained of, and nobody expected. */
	readonly complaints: readonly string[];
	/** What a component threw. */
	readonly thrown: unknown[];
	render(children: ReactNode, options?: { readonly strict?: boolean }): RenderResult;
	/** In the place of what was rendered last. */
	again(children: ReactNode): void;
	advance(ms: number): Promise<void>;
	publish(channel: string, ...data: readonly unknown[]): Promise<void>;
	view(): RenderResult;
	/** Renders without a provider. */
	bare(children: ReactNode): RenderResult;
	/** From the next render on, the provider has that client. */
	use(client: Client): void;
	/** Frames of that type that clients sent. */
	frames(type: string): readonly Frame[];
}

interface Frame {
	readonly type: string;
	readonly channel: string;
	readonly from: unknown;
}

/** Ends with its test. All that React logs as an error is a complaint. */
export function createScene(options: HarnessOptions = {}): Scene {
	const harness = createHarness(options);
	const complaints: string[] = [];
	const thrown: unknown[] = [];
	const print = console.error;
	console.error = (...parts: unknown[]): void => void complaints.push(parts.map(String).join(" "));
	let view: RenderResult | undefined;
	onTestFinished(async () => {
		cleanup();
		console.error = print;
		await harness[Symbol.asyncDispose]();
	});
	const around = (children: ReactNode, strict = false): ReactNode => {
		const all = (
			<Boundary caught={(reason) => thrown.push(reason)}>
				<ClientProvider client={client}>{children}</ClientProvider>
			</Boundary>
		);
		return strict ? <StrictMode>{all}</StrictMode> : all;
	};
	let isStrict = false;
	let { client } = harness;
	const scene: Scene = {
		...harness,
		complaints,
		thrown,
		render(children, { strict = false } = {}) {
			isStrict = strict;
			view = render(around(children, strict));
			return view;
		},
		view: () => view as RenderResult,
		bare: (children) => render(children),
		use: (next) => {
			client = next;
		},
		again: (children) => view?.rerender(around(children, isStrict)),
		advance: (ms) => act(() => harness.clock.advance(ms)),
		async publish(channel, ...data) {
			// Whoever has just mounted is subscribed by then.
			await scene.advance(1_000);
			for (const one of data) harness.server.publish(channel, one);
			await scene.advance(1_000);
		},
		frames: (type) => (harness.server.received as Frame[]).filter((frame) => frame.type === type),
	};
	return scene;
}

interface BoundaryProps {
	readonly children: ReactNode;
	caught(reason: unknown): void;
}

class Boundary extends Component<BoundaryProps, { readonly hasFailed: boolean }> {
	override state = { hasFailed: false };

	static getDerivedStateFromError() {
		return { hasFailed: true };
	}

	override componentDidCatch(reason: unknown): void {
		this.props.caught(reason);
	}

	override render(): ReactNode {
		return this.state.hasFailed ? "failed" : this.props.children;
	}
}
