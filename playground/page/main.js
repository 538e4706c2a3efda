/* The page of the playground: one client, and the views of it. */
import { createClient } from "holdfast";
import { startBanner } from "./banner.js";
import { Chat } from "./chat.js";
import { byId } from "./dom.js";
import { startEdge } from "./edge.js";
import { startFacts } from "./facts.js";
import { remember, run, settings, startTheme, windowId } from "./settings.js";
import { startTimeline } from "./timeline.js";

const client = createClient({
	endpoints: run.endpoints,
	api: run.api,
	getToken: async () => windowId,
	// Back to the primary within seconds, to be seen; the default spreads it over five minutes.
	reconnect: { failBackWindowMs: [5_000, 10_000] },
	degraded: { polling: settings.polling },
	outbox: { persist: "storage", namespace: windowId },
});

const [primary] = run.endpoints;
const nameOf = (endpoint) => (endpoint === primary ? "primary" : "backup");

startTheme(byId("theme"));
startBanner(client);
startFacts(client, nameOf);
startTimeline(client, nameOf);
startEdge();

new Chat(client);

const polling = byId("polling");
polling.value = settings.polling;
polling.addEventListener("change", () => {
	remember("polling", polling.value);
	// The outbox is stored, and the channel's last messages come again: a reload loses nothing.
	location.reload();
});
