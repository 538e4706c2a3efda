/* Miata and Supra on a folder, to be killed: `node miata.mjs <folder> <port>`. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { FileRoom } from "../../../playground/edge/api/files/file-room.js";
import { Miata } from "../../../playground/edge/api/files/miata.js";
import { Supra } from "../../../playground/edge/api/files/supra.js";

const [, , folder = "", port = "0"] = process.argv;
const room = new FileRoom(folder);
const [miata, supra] = [new Miata({ room }), new Supra(room)];
await miata.start();
const http = createServer((request, response) => {
	const [, file] = /^\/files\/(.+)$/.exec(request.url ?? "") ?? [];
	if (file === undefined) void miata.serve(request, response);
	else void supra.serve(request, response, file);
});
http.listen(Number(port), "127.0.0.1", () => {
	console.log(`port: ${(http.address() as AddressInfo).port}`);
});
