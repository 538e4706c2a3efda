/* The home of uPlot: a line chart that keeps its size, drawn anew with each sample. */
// First of all: the other one needs it.

import uPlot from "uplot";
import { saneLocale } from "./sane-locale.js";
import "uplot/dist/uPlot.min.css";
import type { Sample } from "../../edge/control/contract.js";
import { agoWords, rowsOf, SERIES, SHOWN_MS } from "./samples.js";

const AXIS_PX = 44;
const FONT = "11px system-ui, sans-serif";

const NUMBER = new Intl.NumberFormat(saneLocale);
const format = (count: number): string => NUMBER.format(count);

export class SocketsChart {
	readonly #place: HTMLElement;
	readonly #plot: uPlot;
	readonly #observer: ResizeObserver;

	/** Colours are those of the place, as its theme has them now. */
	constructor(place: HTMLElement) {
		this.#place = place;
		this.#plot = new uPlot(this.#options(), [[], [], [], []], place);
		this.#observer = new ResizeObserver(() => this.#plot.setSize(this.#size));
		this.#observer.observe(place);
	}

	draw(samples: readonly Sample[]): void {
		this.#plot.setData(rowsOf(samples) as uPlot.AlignedData);
	}

	destroy(): void {
		this.#observer.disconnect();
		this.#plot.destroy();
	}

	get #size(): { width: number; height: number } {
		return { width: this.#place.clientWidth, height: this.#place.clientHeight };
	}

	#colour(name: string): string {
		return getComputedStyle(this.#place).getPropertyValue(name).trim();
	}

	#options(): uPlot.Options {
		const axis = {
			font: FONT,
			stroke: this.#colour("--ink-soft"),
			grid: { stroke: this.#colour("--line"), width: 1 },
			ticks: { show: false },
		};
		return {
			...this.#size,
			cursor: { show: false },
			legend: { show: false },
			padding: [8, 28, 0, 0],
			scales: {
				x: { time: false, range: () => [-SHOWN_MS / 1_000, 0] },
				y: { range: (_plot, _min, max) => [0, Math.max(10, (max ?? 0) * 1.1)] },
			},
			axes: [
				{
					...axis,
					size: 22,
					// A label a minute.
					splits: () => [-180, -120, -60, 0],
					values: (_plot, ticks) => ticks.map(agoWords),
				},
				{ ...axis, size: AXIS_PX, space: 28, values: (_plot, ticks) => ticks.map(format) },
			],
			series: [
				{},
				...SERIES.map(({ name, label, dash }) => ({
					label,
					dash: [...dash],
					stroke: this.#colour(`--${name}`),
					width: 2,
					points: { show: false },
				})),
			],
		};
	}
}
