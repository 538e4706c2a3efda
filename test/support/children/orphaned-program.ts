/* `orphaned-program.ts envoy|haproxy|redis-server`: starts one, says where it is, and waits to be killed. */
import { Envoy } from "../../../playground/edge/proxy/envoy/envoy.js";
import { Haproxy } from "../../../playground/edge/proxy/haproxy/haproxy.js";
import { findTool } from "../../../playground/edge/tools/find-tool.js";
import { ServerProcess } from "../../../playground/edge/tools/server-process.js";
import { newMaterial, newRoot, socketsModel } from "../../playground/proxy/sockets-model.js";

type Kind = "envoy" | "haproxy" | "redis-server";

async function startProxy(kind: "envoy" | "haproxy", path: string) {
	const { material } = await newMaterial();
	const root = await newRoot();
	const model = await socketsModel();
	const setup = { path, root, model, material };
	await (kind === "envoy" ? new Envoy(setup) : new Haproxy(setup)).start();
	return { root, port: model.listeners[0]?.port };
}

async function startRedis(program: string) {
	const { folder: root, port } = await ServerProcess.start({
		program,
		args: ({ port: own, folder }) => ["--port", String(own), "--dir", folder, "--save", ""],
		ready: /ready to accept connections/i,
	});
	return { root, port };
}

const kind = process.argv[2] as Kind;
const { path = kind } = (await findTool(kind)) ?? {};
const started = kind === "redis-server" ? await startRedis(path) : await startProxy(kind, path);
process.stdout.write(`${JSON.stringify(started)}\n`);
setInterval(() => undefined, 60_000);
