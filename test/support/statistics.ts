/* What tests of distributions ask: how far down a sample something lies, and how likely it is by chance. */

/** The value that a share `p` of the samples does not exceed, by the nearest rank. */
export function percentile(samples: readonly number[], p: number): number {
	if (samples.length === 0) throw new RangeError("no samples");
	const ordered = [...samples].sort((a, b) => a - b);
	const rank = Math.ceil(p * ordered.length) - 1;
	return ordered[Math.min(Math.max(rank, 0), ordered.length - 1)] as number;
}

/**
 * The p value of a one-sample Kolmogorov–Smirnov test: how likely a sample of the distribution `cdf`
 * lies at least so far from it. Asymptotic (Stephens' correction): good from about 35 samples on.
 */
export function kolmogorovSmirnov(samples: readonly number[], cdf: (x: number) => number): number {
	const ordered = [...samples].sort((a, b) => a - b);
	const n = ordered.length;
	const distance = ordered.reduce((most, x, i) => {
		const expected = cdf(x);
		return Math.max(most, expected - i / n, (i + 1) / n - expected);
	}, 0);
	const root = Math.sqrt(n);
	return kolmogorovTail((root + 0.12 + 0.11 / root) * distance);
}

/** The distribution function of the uniform law on [from, to]. */
export function uniform(from: number, to: number): (x: number) => number {
	return (x) => Math.min(Math.max((x - from) / (to - from), 0), 1);
}

/**
 * The p value of Pearson's test: how likely counts at least so uneven are where each cell is expected
 * `expected[i]` times. Cells with fewer than about 5 expected make it unreliable.
 */
export function chiSquare(observed: readonly number[], expected: readonly number[]): number {
	if (observed.length !== expected.length) throw new RangeError("cells differ in number");
	const statistic = observed.reduce((sum, count, i) => {
		const due = expected[i] as number;
		return sum + (count - due) ** 2 / due;
	}, 0);
	return upperGamma((observed.length - 1) / 2, statistic / 2);
}

function kolmogorovTail(t: number): number {
	// The series alternates between 0 and 1 for ever near 0, where the answer is 1.
	if (t < 0.2) return 1;
	let sum = 0;
	for (let j = 1; j <= 100; j++) sum += (j % 2 === 1 ? 2 : -2) * Math.exp(-2 * j * j * t * t);
	return Math.min(Math.max(sum, 0), 1);
}

/** Q(a, x), the regularised upper incomplete gamma function (Numerical Recipes, §6.2). */
function upperGamma(a: number, x: number): number {
	if (x <= 0) return 1;
	const scale = Math.exp(-x + a * Math.log(x) - logGamma(a));
	return x < a + 1 ? 1 - scale * seriesOf(a, x) : scale * fractionOf(a, x);
}

function seriesOf(a: number, x: number): number {
	let term = 1 / a;
	let sum = term;
	for (let n = 1; n < 10_000 && term > sum * 1e-15; n++) {
		term *= x / (a + n);
		sum += term;
	}
	return sum;
}

function fractionOf(a: number, x: number): number {
	let b = x + 1 - a;
	let c = 1e300;
	let d = 1 / b;
	let h = d;
	for (let i = 1; i < 10_000; i++) {
		const an = -i * (i - a);
		b += 2;
		d = 1 / (an * d + b);
		c = b + an / c;
		const delta = d * c;
		h *= delta;
		if (Math.abs(delta - 1) < 1e-15) break;
	}
	return h;
}

/** Lanczos' approximation with g = 7. */
function logGamma(z: number): number {
	const coefficients = [
		676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
		12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
	];
	const x = z - 1;
	const sum = coefficients.reduce((acc, c, i) => acc + c / (x + i + 1), 0.9999999999998099);
	const t = x + 7.5;
	return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum);
}
