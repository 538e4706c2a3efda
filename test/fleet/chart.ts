/* Line charts as SVG: small enough to be committed, legible in light and in dark. */

export interface Series {
	readonly name: string;
	readonly points: readonly (readonly [x: number, y: number])[];
}
export interface Chart {
	readonly title: string;
	readonly x: { readonly label: string; readonly most: number };
	readonly y: { readonly label: string; readonly ticks: readonly number[]; readonly scale: Scale };
	/** A line across, with its name. */
	readonly mark?: { readonly at: number; readonly name: string };
	readonly series: readonly Series[];
}
type Scale = "linear" | "log";

const WIDTH = 820;
const HEIGHT = 400;
const PLOT = { left: 60, top: 44, right: 590, bottom: 350 };
/** Okabe and Ito: told apart by those who see fewer colours too. */
const COLOURS = [
	"#0072b2",
	"#009e73",
	"#56b4e9",
	"#d55e00",
	"#cc79a7",
	"#e69f00",
	"#8c6bb1",
	"#999999",
];

export function toSvg({ title, x, y, mark, series }: Chart): string {
	const across = (value: number): number => PLOT.left + (value / x.most) * (PLOT.right - PLOT.left);
	const bend = (value: number): number => (y.scale === "log" ? Math.log10(value) : value);
	const [least, most] = [y.ticks[0] ?? 0, y.ticks.at(-1) ?? 1].map(bend) as [number, number];
	const up = (value: number): number => {
		const share = (bend(Math.max(value, y.ticks[0] ?? 0)) - least) / (most - least);
		return PLOT.bottom - Math.min(1, share) * (PLOT.bottom - PLOT.top);
	};
	const grid = y.ticks.map(
		(tick) =>
			`<path class="grid" d="M${PLOT.left} ${round(up(tick))}H${PLOT.right}"/><text class="end" x="${PLOT.left - 6}" y="${round(up(tick)) + 4}">${tick}</text>`,
	);
	const columns = Array.from({ length: 7 }, (_, index) => (index * x.most) / 6).map(
		(tick) =>
			`<text class="mid" x="${round(across(tick))}" y="${PLOT.bottom + 18}">${Number(tick.toFixed(2))}</text>`,
	);
	const lines = series.flatMap(({ name, points }, index) => {
		const colour = COLOURS[index % COLOURS.length];
		const inside = points.filter(([at]) => at <= x.most);
		const path = inside.map(([px, py]) => `${round(across(px))} ${round(up(py))}`).join("L");
		const row = PLOT.top + 12 + 22 * index;
		return [
			`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="1.6"/>`,
			`<path d="M${PLOT.right + 16} ${row - 4}h18" stroke="${colour}" stroke-width="3"/><text x="${PLOT.right + 40}" y="${row}">${name}</text>`,
		];
	});
	const marks = mark
		? [
				`<path class="mark" d="M${PLOT.left} ${round(up(mark.at))}H${PLOT.right}"/><text x="${PLOT.left + 6}" y="${round(up(mark.at)) - 5}">${mark.name}</text>`,
			]
		: [];
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">`,
		"<style>text{font:12px system-ui,sans-serif;fill:#24292f}.end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:#d0d7de}.mark{stroke:#24292f;stroke-dasharray:4 3}</style>",
		`<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
		`<text x="${PLOT.left}" y="20" font-weight="600">${title}</text>`,
		`<text x="${PLOT.left}" y="36">${y.label}</text>`,
		...grid,
		...columns,
		`<text class="mid" x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 38}">${x.label}</text>`,
		...marks,
		...lines,
		"</svg>",
		"",
	].join("\n");
}

const round = (value: number): number => Math.round(value * 10) / 10;
