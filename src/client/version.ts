/** Told in hello. A test holds it to package.json. */
export const NAME = "holdfast";
export const VERSION = "0.0.0";
