/* Bars as SVG, a panel a figure: small enough to be committed, legible in light and in dark. */

export interface Bar {
	readonly name: string;
	/** Infinity: longer than was waited. */
	readonly value: number;
	readonly label: string;
	readonly isOurs: boolean;
}
export interface Panel {
	readonly title: string;
	readonly bars: readonly Bar[];
}

const WIDTH = 860;
const COLUMNS = 2;
const ROW = 18;
const HEAD = 34;
const NAMES = 150;
const LABELS = 110;
const GAP = 20;

export function toBars(title: string, panels: readonly Panel[]): string {
	const width = (WIDTH - GAP * (COLUMNS + 1)) / COLUMNS;
	const height = HEAD + ROW * Math.max(...panels.map(({ bars }) => bars.length)) + GAP;
	const drawn = panels.map((panel, index) => {
		const x = GAP + (index % COLUMNS) * (width + GAP);
		const y = 30 + Math.floor(index / COLUMNS) * height;
		return `<g transform="translate(${x} ${y})">${draw(panel, width)}</g>`;
	});
	const total = 30 + Math.ceil(panels.length / COLUMNS) * height;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" role="img" aria-label="${title}">`,
		"<style>text{font:12px system-ui,sans-serif;fill:#24292f}.end{text-anchor:end}</style>",
		`<rect width="${WIDTH}" height="${total}" fill="#fff"/>`,
		`<text x="${GAP}" y="20" font-weight="600">${title}</text>`,
		...drawn,
		"</svg>",
		"",
	].join("\n");
}

function draw({ title, bars }: Panel, width: number): string {
	const room = width - NAMES - LABELS;
	const most = Math.max(...bars.map(({ value }) => value).filter(Number.isFinite), 0) || 1;
	const rows = bars.map(({ name, value, label, isOurs }, index) => {
		const y = HEAD + ROW * index;
		// "Never" is as long as there is room.
		const length = Math.max(1, Math.round((Math.min(value, most) / most) * room));
		const fill = isOurs ? "#0072b2" : "#b0b8c0";
		const bar = Number.isNaN(value)
			? ""
			: `<rect x="${NAMES}" y="${y - 11}" width="${length}" height="13" fill="${fill}"/>`;
		const at = NAMES + (Number.isNaN(value) ? 0 : length) + 6;
		return `<text class="end" x="${NAMES - 6}" y="${y}">${name}</text>${bar}<text x="${at}" y="${y}">${label}</text>`;
	});
	return `<text x="0" y="12" font-weight="600">${title}</text>${rows.join("")}`;
}
