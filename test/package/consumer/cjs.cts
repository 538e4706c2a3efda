/* The same from CommonJS: `require` with types. */
import holdfast = require("holdfast");
import node = require("holdfast/node");
import server = require("holdfast/server");
import serverNode = require("holdfast/server/node");
import testing = require("holdfast/testing");

const client: holdfast.Client = holdfast.createClient({ endpoints: ["wss://a.example"] });
const log: server.MessageLog = server.memoryLog();
export = [client, log, node.fileStorage, serverNode.attach, testing.createHarness] as const;
