/* The part of gifenc that is used here; the package brings no types. */
declare module "gifenc" {
	export type Palette = readonly (readonly number[])[];
	export interface Encoder {
		writeFrame(
			index: Uint8Array,
			width: number,
			height: number,
			options: {
				palette?: Palette;
				delay: number;
				dispose: 1;
				transparent?: boolean;
				transparentIndex?: number;
			},
		): void;
		finish(): void;
		bytes(): Uint8Array;
	}
	/** CommonJS: its names come by the default alone. */
	const gifenc: {
		GIFEncoder(): Encoder;
		quantize(rgba: Uint8Array, colours: number): Palette;
		applyPalette(rgba: Uint8Array, palette: Palette): Uint8Array;
	};
	// biome-ignore lint/style/noDefaultExport: it is theirs.
	export default gifenc;
}
