/*
 * Envoy's admin API, on a socket file that only we can open. It has no authentication and takes any Host and
 * Origin, so it is never a port: what a page may see is what `EnvoyFacts` has.
 */
import { request } from "node:http";

export interface Certificate {
	readonly path: string;
	readonly names: readonly string[];
	readonly daysLeft: number;
	readonly serial: string;
}

export interface Host {
	readonly address: string;
	/** It takes newcomers. */
	readonly isWell: boolean;
	/** Why it doesn't: "failed_outlier_check". */
	readonly why: readonly string[];
	readonly zone: string;
}

const ANSWER_WITHIN_MS = 2_000;

export class Admin {
	readonly #socketPath: string;

	constructor(socketPath: string) {
		this.#socketPath = socketPath;
	}

	/** "LIVE", and of which epoch. */
	async info(): Promise<{
		readonly state: string;
		readonly epoch: number;
		readonly version: string;
	}> {
		const { state, command_line_options, version } = JSON.parse(await this.get("/server_info")) as {
			readonly state: string;
			readonly version: string;
			/** Zeros are left out. */
			readonly command_line_options: { readonly restart_epoch?: number };
		};
		return { state, version, epoch: command_line_options.restart_epoch ?? 0 };
	}

	/** Those whose names the expression fits; by name. */
	async stats(filter: string): Promise<ReadonlyMap<string, number>> {
		const path = `/stats?format=json&filter=${encodeURIComponent(filter)}`;
		const { stats } = JSON.parse(await this.get(path)) as {
			readonly stats: readonly { readonly name?: string; readonly value?: number | string }[];
		};
		const found = new Map<string, number>();
		for (const { name, value } of stats)
			if (name !== undefined && value !== undefined) found.set(name, Number(value));
		return found;
	}

	/** WebSockets that are open through a listener. */
	async upgrades(listener: string): Promise<number> {
		const name = `http.${listener}.downstream_cx_upgrades_active`;
		return (await this.stats(`^${name}$`)).get(name) ?? 0;
	}

	async hosts(cluster: string): Promise<readonly Host[]> {
		const { cluster_statuses = [] } = JSON.parse(
			await this.get("/clusters?format=json"),
		) as Clusters;
		const { host_statuses = [] } = cluster_statuses.find(({ name }) => name === cluster) ?? {};
		return host_statuses.map(({ address, health_status = {}, locality }) => {
			const { eds_health_status: _, ...flags } = health_status;
			const why = Object.keys(flags);
			const { address: host, port_value: port } = address.socket_address;
			return {
				address: `${host}:${port}`,
				isWell: why.length === 0,
				why,
				zone: locality?.zone ?? "",
			};
		});
	}

	async certificates(): Promise<readonly Certificate[]> {
		const { certificates = [] } = JSON.parse(await this.get("/certs")) as Certificates;
		return certificates
			.flatMap(({ cert_chain = [] }) => cert_chain)
			.map(({ path, subject_alt_names = [], days_until_expiration = 0, serial_number }) => ({
				path,
				names: subject_alt_names.map(({ dns }) => dns ?? ""),
				daysLeft: Number(days_until_expiration),
				serial: serial_number,
			}));
	}

	/** At once, for new connections; who is connected stays. */
	async setRuntime(key: string, value: string): Promise<void> {
		await this.post(`/runtime_modify?${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
	}

	get(path: string): Promise<string> {
		return this.#ask("GET", path);
	}

	post(path: string): Promise<string> {
		return this.#ask("POST", path);
	}

	#ask(method: string, path: string): Promise<string> {
		return new Promise((resolve, reject) => {
			const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
			const asked = request({ socketPath: this.#socketPath, method, path, agent: false, signal });
			asked.on("error", reject);
			asked.on("response", (response) => {
				let text = "";
				response.setEncoding("utf8").on("data", (part: string) => {
					text += part;
				});
				response.on("error", reject);
				response.on("end", () => {
					if (response.statusCode === 200) resolve(text);
					else reject(new Error(`Envoy answers ${response.statusCode} to ${path}: ${text.trim()}`));
				});
			});
			asked.end();
		});
	}
}

interface Clusters {
	readonly cluster_statuses?: readonly {
		readonly name: string;
		readonly host_statuses?: readonly {
			readonly address: {
				readonly socket_address: { readonly address: string; readonly port_value: number };
			};
			readonly health_status?: Readonly<Record<string, unknown>>;
			readonly locality?: { readonly zone?: string };
		}[];
	}[];
}

interface Certificates {
	readonly certificates?: readonly {
		readonly cert_chain?: readonly {
			readonly path: string;
			readonly serial_number: string;
			readonly subject_alt_names?: readonly { readonly dns?: string }[];
			readonly days_until_expiration?: string;
		}[];
	}[];
}
