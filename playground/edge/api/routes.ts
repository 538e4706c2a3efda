/* Which part of the Edge API a request is for, by its path: pure. */

export type ApiRoute =
	| { readonly to: "flannel"; readonly rest: string }
	| { readonly to: "imgproxy" }
	| { readonly to: "supra"; readonly id: string }
	| { readonly to: "miata" }
	| { readonly to: "www" };

export const UPLOADS_PATH = "/uploads";
const FLANNEL = "/flannel";
const FILES = "/files/";
const IMAGE = "/image";

export function apiRouteOf(url: string): ApiRoute {
	const [path = ""] = url.split("?", 1);
	if (path.startsWith(`${FLANNEL}/`)) return { to: "flannel", rest: url.slice(FLANNEL.length) };
	if (path.startsWith(FILES)) return { to: "supra", id: path.slice(FILES.length) };
	if (path === UPLOADS_PATH || path.startsWith(`${UPLOADS_PATH}/`)) return { to: "miata" };
	return path === IMAGE ? { to: "imgproxy" } : { to: "www" };
}
