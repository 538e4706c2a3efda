/* A real nats-server with JetStream, and what it takes to make it lose its tail. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { ServerProcess } from "../../playground/edge/tools/server-process.js";

export function startJetStream(program: string): Promise<ServerProcess> {
	return ServerProcess.start({
		program,
		args: ({ port, folder }) => [
			...["--addr", "127.0.0.1", "--port", String(port), "--jetstream", "--store_dir", folder],
		],
		ready: /Server is ready/,
	});
}

export const natsUrl = ({ port }: { readonly port: number }): string => `nats://127.0.0.1:${port}`;

/**
 * Ends the server, and takes the last `lost` messages of every channel out of the stream, or everything: what
 * a disk that was not written in time leaves.
 */
export async function endWithoutTail(
	server: ServerProcess,
	{ stream, subject }: { readonly stream: string; readonly subject: string },
	lost: number | "all",
): Promise<void> {
	if (lost === "all") {
		await server.kill();
		return rm(join(server.folder, "jetstream"), { recursive: true, force: true });
	}
	const nats = await connect({ servers: natsUrl(server) });
	const manager = await jetstreamManager(nats);
	const { state } = await manager.streams.info(stream);
	const left = new Map<string, number>();
	for (let seq = state.last_seq; seq >= Math.max(1, state.first_seq); seq--) {
		const found = await manager.streams.getMessage(stream, { seq }).catch(() => null);
		const still = left.get(found?.subject ?? "") ?? lost;
		if (!found?.subject.startsWith(`${subject}.message.`) || still === 0) continue;
		left.set(found.subject, still - 1);
		await manager.streams.deleteMessage(stream, seq);
	}
	await nats.close();
	await server.kill("SIGTERM");
}
