/*
 * Where the files of an installation are. A folder for each file that is watched: any rename in a folder
 * makes Envoy read what it watches there again, half-written or not.
 */

export interface Layout {
	readonly bootstrap: string;
	readonly accessLog: string;
	/** Of a process: one socket file for both of a restart would answer for the old one. */
	readonly admin: (epoch: number) => string;
	readonly endpoints: (cluster: string) => Watched;
	readonly secret: (name: string) => Watched;
	/** Read once. `part`: "cert.pem". */
	readonly material: (name: string, part: string) => string;
	/** Beside the watched folders, on the same file system: from here files are renamed into place. */
	readonly staging: string;
}

export interface Watched {
	readonly folder: string;
	readonly path: string;
}

/** `root`: absolute, and short: a socket's path has at most 107 bytes. */
export function layoutOf(root: string): Layout {
	const watched = (kind: string, name: string): Watched => ({
		folder: `${root}/${kind}/${name}`,
		path: `${root}/${kind}/${name}/${kind}.json`,
	});
	return {
		bootstrap: `${root}/envoy.json`,
		accessLog: `${root}/access.jsonl`,
		admin: (epoch) => `${root}/admin-${epoch}.sock`,
		endpoints: (cluster) => watched("endpoints", cluster),
		secret: (name) => watched("secret", name),
		material: (name, part) => `${root}/material/${name}.${part}`,
		staging: `${root}/staging`,
	};
}
