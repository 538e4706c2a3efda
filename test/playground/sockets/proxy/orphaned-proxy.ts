/* `orphaned-proxy.ts envoy|haproxy`: starts one, says where it is, and waits to be killed. */
import { Envoy } from "../../../../playground/edge/proxy/envoy/envoy.js";
import { Haproxy } from "../../../../playground/edge/proxy/haproxy/haproxy.js";
import { findTool } from "../../../../playground/edge/tools/find-tool.js";
import { newMaterial, newRoot, socketsModel } from "../../proxy/sockets-model.js";

const kind = process.argv[2] === "envoy" ? "envoy" : "haproxy";
const { path = kind } = (await findTool(kind)) ?? {};
const { material } = await newMaterial();
const root = await newRoot();
const model = await socketsModel();
const setup = { path, root, model, material };
const proxy = kind === "envoy" ? new Envoy(setup) : new Haproxy(setup);
await proxy.start();
process.stdout.write(`${JSON.stringify({ root, port: model.listeners[0]?.port })}\n`);
setInterval(() => undefined, 60_000);
