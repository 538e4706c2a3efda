/* "holdfast/vite": an app of Vite's boots from several origins, in one line. */
export {
	type BundleFile,
	type Emitter,
	holdfast,
	type VitePlugin,
	type VitePluginOptions,
} from "./assets/node-vite.js";
