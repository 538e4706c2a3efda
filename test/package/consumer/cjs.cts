/* The same from CommonJS: `require` with types. */
import holdfast = require("holdfast");
import assets = require("holdfast/assets");
import boot = require("holdfast/boot");
import node = require("holdfast/node");
import server = require("holdfast/server");
import serverNats = require("holdfast/server/nats");
import serverNode = require("holdfast/server/node");
import serverRedis = require("holdfast/server/redis");
import testing = require("holdfast/testing");
import vite = require("holdfast/vite");

const client: holdfast.Client = holdfast.createClient({ endpoints: ["wss://a.example"] });
const log: server.MessageLog = server.memoryLog();
const loaded = [assets.createAssetLoader, boot.bootTag, vite.holdfast] as const;
const logs = [serverRedis.redisLog, serverNats.natsLog] as const;
export = [
	client,
	log,
	node.fileStorage,
	serverNode.attach,
	testing.createHarness,
	loaded,
	logs,
] as const;
