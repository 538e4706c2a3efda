/** A seed of 53 bits, spread over the generator's state: neighbouring seeds share nothing. */
function splitMix32(seed: number): () => number {
	let state = seed | 0;
	return () => {
		state = (state + 0x9e3779b9) | 0;
		let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
		mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
		return mixed ^ (mixed >>> 15);
	};
}

/**
 * Numbers uniform in [0, 1), the same ones for the same seed on every machine: what a test gives as
 * `runtime.random`, so that its jitter can be repeated. The generator is sfc32, which passes
 * PractRand; it is no source of secrets.
 *
 * @param seed an integer; its lower 53 bits count
 */
export function seededRandom(seed: number): () => number {
	const low = splitMix32(seed);
	const high = splitMix32(Math.floor(seed / 0x1_0000_0000));
	let a = low();
	let b = low() ^ high();
	let c = high();
	let counter = 1;
	const next = (): number => {
		const sum = (((a + b) | 0) + counter) | 0;
		counter = (counter + 1) | 0;
		a = b ^ (b >>> 9);
		b = (c + (c << 3)) | 0;
		c = ((c << 21) | (c >>> 11)) + sum;
		c |= 0;
		return (sum >>> 0) / 0x1_0000_0000;
	};
	// The first outputs still show the seed.
	for (let round = 0; round < 12; round++) next();
	return next;
}
