/* A bot of Slack's, by Socket Mode: it says what it hears, and answers commands and clicks. */
import { SocketMode } from "./socket-mode.js";

const { SLACK_APP_TOKEN: appToken, SLACK_API: api } = process.env;
if (appToken === undefined) throw new Error("SLACK_APP_TOKEN is missing: it begins with xapp-.");

const app = new SocketMode({
	appToken,
	...(api === undefined ? {} : { api }),
	happened({ type, id }) {
		console.log(`${type} ${id}`);
		return { text: `I heard of ${id}.` };
	},
	log: (line) => console.log(line),
});

process.once("SIGTERM", () => app.close("asked to stop"));
console.log(`ended: ${await app.ended}`);
