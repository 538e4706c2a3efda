/* The asset loader, as a page of an app's would have it. */
import { createAssetLoader } from "../../../src/assets.js";

const page = { createAssetLoader };

declare global {
	var assetPage: typeof page;
}

globalThis.assetPage = page;
