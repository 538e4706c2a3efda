export type {
	Appended,
	Fence,
	FollowedMessage,
	Identity,
	LogMessage,
	MessageLog,
	RealtimeServer,
	Retention,
	ServerLink,
	ServerOptions,
	ServerSocket,
	ServerStats,
	StoredMessage,
} from "./server/contract.js";
export { createServer } from "./server/create-server.js";
export {
	type MemoryLog,
	type MemoryLogOptions,
	memoryLog,
	type Restart,
} from "./server/memory-log.js";
