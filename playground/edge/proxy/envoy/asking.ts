/* What is asked of a running Envoy, by its admin API. */
import { setTimeout as wait } from "node:timers/promises";
import type { ProxyFacts } from "../../control/proxy-facts.js";
import type { ProxyModel } from "../model/model.js";
import type { Admin } from "./admin.js";

const LOOK_MS = 50;

export async function factsOf(
	admin: Admin,
	cluster: string,
	processes: number,
): Promise<ProxyFacts> {
	const { version } = await admin.info();
	const { connections } = await clientsOf(admin);
	const hosts = await admin.hosts(cluster);
	const [refused, panics] = [
		`cluster.${cluster}.upstream_rq_5xx`,
		`cluster.${cluster}.lb_healthy_panic`,
	];
	const counts = await admin.stats(`^cluster\\.${cluster}\\.(upstream_rq_5xx|lb_healthy_panic)$`);
	return {
		kind: "envoy",
		version: version.split("/")[1] ?? version,
		processes,
		connections,
		refused: counts.get(refused) ?? 0,
		panics: counts.get(panics) ?? 0,
		unplaced: null,
		endpoints: hosts.map(({ address, isWell, why }) => ({ address, isWell, why })),
	};
}

/** A parent whose child lives answers no more: then it is not known, and not empty. */
export async function clientsOf(admin: Admin): Promise<{ upgrades: number; connections: number }> {
	const counts = { upgrades: 0, connections: 0 };
	const stats = await admin
		.stats("^http\\..*\\.downstream_cx_(upgrades_)?active$")
		.catch(() => new Map([["unknown upgrades", 1]]));
	for (const [name, count] of stats) {
		if (name.startsWith("http.admin.")) continue;
		counts[name.includes("upgrades") ? "upgrades" : "connections"] += count;
	}
	return counts;
}

/** Resolves when it takes nobody any more; who is here stays. */
export async function stopListening(
	admin: Admin,
	listeners: number,
	withinMs: number,
): Promise<void> {
	await admin.post("/drain_listeners?graceful").catch(() => undefined);
	const giveUpAt = performance.now() + withinMs;
	const name = "listener_manager.listener_stopped";
	while (performance.now() < giveUpAt) {
		const stopped = await admin.stats(`^${name}$`).catch(() => new Map<string, number>());
		if ((stopped.get(name) ?? 0) >= listeners) return;
		await wait(LOOK_MS);
	}
}

/** What `--mode validate` says nothing of: a list that was refused, a certificate that isn't there. */
export async function checkStart(admin: Admin, { listeners }: ProxyModel): Promise<void> {
	const refused = await admin.stats("^cluster\\..*\\.update_(rejected|failure)$");
	for (const [name, count] of refused)
		if (count > 0) throw new Error(`Envoy refused endpoints at its start: ${name} is ${count}`);
	const hasTls = listeners.some(({ certificate }) => certificate !== null);
	if (hasTls && (await admin.certificates()).length === 0)
		throw new Error("Envoy has no certificate: its secret file was refused");
}
