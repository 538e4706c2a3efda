/* Where the files of an installation of HAProxy are. */

import type { Endpoint } from "../../model/model.js";

export interface HaproxyLayout {
	readonly configuration: string;
	/** Runtime API of a worker. */
	readonly admin: string;
	/** Runtime API of the master: of processes, not of servers. */
	readonly master: string;
	/** Certificate and key in one file. */
	readonly secret: (name: string) => string;
	/** `part`: "pem", or "authority.pem". */
	readonly material: (name: string, part: string) => string;
	readonly staging: string;
}

/** `root`: absolute, and short: a socket's path has at most 107 bytes. */
export function haproxyLayoutOf(root: string): HaproxyLayout {
	return {
		configuration: `${root}/haproxy.cfg`,
		admin: `${root}/admin.sock`,
		master: `${root}/master.sock`,
		secret: (name) => `${root}/secret/${name}.pem`,
		material: (name, part) => `${root}/material/${name}.${part}`,
		staging: `${root}/staging`,
	};
}

export interface HaproxyOptions {
	/** Places for endpoints of each cluster whose endpoints come by the runtime API. One more is refused. */
	readonly slots: number;
	/** What is in the places already. @default nothing */
	readonly endpoints?: ReadonlyMap<string, readonly (Endpoint | null)[]>;
	/** @default 1 */
	readonly threads?: number;
	/** An old worker is ended so long after a reload, whoever is connected. @default never */
	readonly hardStopAfterMs?: number;
	/** Old workers beyond this are ended at a reload, the oldest first. @default all stay */
	readonly maxReloads?: number;
}
