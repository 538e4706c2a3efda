import { centrifuge } from "./centrifuge.js";
import { graphqlWs } from "./graphql-ws.js";
import type { Library } from "./library.js";
import { mqtt } from "./mqtt.js";
import { nats } from "./nats.js";
import { phoenix } from "./phoenix.js";
import { signalr } from "./signalr.js";
import { stompjs } from "./stompjs.js";
import { yWebsocket } from "./y-websocket.js";

export const LIBRARIES: readonly Library[] = [
	graphqlWs,
	phoenix,
	signalr,
	nats,
	mqtt,
	stompjs,
	yWebsocket,
	centrifuge,
];
