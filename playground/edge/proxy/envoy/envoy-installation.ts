/* The files of one Envoy: its bootstrap, taken by Envoy itself before it is installed, and what it watches. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeyPair } from "../../tls/authority.js";
import type { Material } from "../material.js";
import { checkEndpoints } from "../model/check-cluster.js";
import { checkModel } from "../model/check-model.js";
import type { EndpointSet, ProxyModel } from "../model/model.js";
import { place } from "../place.js";
import { renderBootstrap } from "./render/bootstrap.js";
import { renderEndpoints } from "./render/endpoints.js";
import { type Layout, layoutOf } from "./render/layout.js";
import { renderSecret } from "./render/secret.js";
import { validate } from "./validate.js";

export class EnvoyInstallation {
	readonly layout: Layout;
	readonly model: ProxyModel;
	readonly #envoy: string;
	#rotations = 0;

	/** Throws where the model is not whole. `root`: absolute and short. */
	constructor(envoy: string, root: string, model: ProxyModel) {
		this.#envoy = envoy;
		this.layout = layoutOf(root);
		this.model = checkModel(model);
	}

	/** Endpoint lists are empty where none is there. Rejects with Envoy's complaint, and then nothing has changed. */
	async install({ certificates, upstream }: Material): Promise<void> {
		const { layout, model } = this;
		for (const [name, { pair, authority }] of upstream) {
			await this.#write(layout.material(name, "cert.pem"), pair.cert);
			await this.#write(layout.material(name, "key.pem"), pair.key);
			await this.#write(layout.material(name, "authority.pem"), authority);
		}
		for (const [name, pair] of certificates) await this.setCertificate(name, pair);
		for (const { name, endpoints } of model.clusters)
			if (endpoints === "file") await this.setEndpoints({ cluster: name, endpoints: [] });
		await this.setBootstrap();
	}

	/** Envoy reads it at its start only. */
	async setBootstrap(): Promise<void> {
		const { layout } = this;
		const draft = join(layout.staging, "envoy.json");
		await mkdir(layout.staging, { recursive: true, mode: 0o700 });
		await writeFile(draft, renderBootstrap(this.model, layout), { mode: 0o600 });
		await validate(this.#envoy, draft).catch(async (error: unknown) => {
			await rm(draft, { force: true });
			throw error;
		});
		await rename(draft, layout.bootstrap);
	}

	/** Throws for a cluster that is none of the model's, before anything is written. */
	async setEndpoints(set: EndpointSet): Promise<void> {
		checkEndpoints(this.model, set);
		const { path } = this.layout.endpoints(set.cluster);
		await this.#write(path, renderEndpoints(this.model.node, set));
	}

	/** Files of their own names first, then the one that names them. */
	async setCertificate(name: string, { cert, key }: KeyPair): Promise<void> {
		this.#rotations += 1;
		const files = {
			certificate: this.layout.material(`${name}-${this.#rotations}`, "cert.pem"),
			key: this.layout.material(`${name}-${this.#rotations}`, "key.pem"),
		};
		await this.#write(files.certificate, cert);
		await this.#write(files.key, key);
		await this.#write(this.layout.secret(name).path, renderSecret(files));
	}

	#write(path: string, text: string): Promise<void> {
		return place(this.layout.staging, path, text);
	}
}
