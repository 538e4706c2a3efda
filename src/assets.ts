/* "holdfast/assets": files from several origins, none of which is trusted. */
export type {
	Asset,
	AssetLoader,
	AssetLoaderOptions,
	BootReport,
} from "./assets/contract.js";
export { type AssetHoldOptions, holdOnAssetTrouble } from "./assets/hold.js";
export { createAssetLoader } from "./assets/loader.js";
export type { AssetEntry, AssetManifest, AssetType } from "./assets/manifest.js";
export type { OriginStatus } from "./assets/origins.js";
