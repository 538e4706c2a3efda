/* What the client knows about itself, at this moment. */
import { byId, element, secondsUntil, setText } from "./dom.js";

const ROWS = ["Connection", "Mode", "Next try", "Outbox", "Latency", "Polls", "Dials", "Moves"];

export function startFacts(client, nameOf) {
	const cells = {};
	const place = byId("facts");
	for (const row of ROWS) {
		cells[row] = element("dd");
		place.append(element("div", {}, element("dt", {}, row), cells[row]));
	}
	const show = () => {
		const [state, mode, stats] = [client.connection.get(), client.mode.get(), client.stats.get()];
		setText(cells.Connection, describe(state, nameOf));
		cells.Connection.dataset.tone = toneOf(state);
		setText(
			cells.Mode,
			mode.mode === "normal" ? "normal" : `${mode.mode} (${mode.reasons.join(", ")})`,
		);
		cells.Mode.dataset.tone = { normal: "primary", degraded: "polling", offline: "fault" }[
			mode.mode
		];
		setText(cells["Next try"], nextTry(state));
		setText(cells.Latency, stats.latencyMs === null ? "–" : `${stats.latencyMs.toFixed(1)} ms`);
		setText(cells.Outbox, stats.outbox === 0 ? "empty" : `${stats.outbox} waiting`);
		const { dials, failovers, migrations, polls } = stats;
		setText(cells.Polls, `${polls}`);
		setText(cells.Dials, `${dials}, ${failovers} ${failovers === 1 ? "failover" : "failovers"}`);
		setText(cells.Moves, `${migrations} without a pause`);
	};
	for (const readable of [client.connection, client.mode, client.outbox]) readable.subscribe(show);
	setInterval(show, 100);
	show();
}

function describe(state, nameOf) {
	switch (state.status) {
		case "connected":
			return `connected to ${nameOf(state.endpoint)}`;
		case "connecting":
			return `connecting to ${nameOf(state.endpoint)}, attempt ${state.attempt}`;
		case "reconnecting":
			return `reconnecting, attempt ${state.attempt}`;
		case "failed":
			return `failed: ${state.cause.message}`;
		default:
			return state.status;
	}
}

function toneOf(state) {
	if (state.status === "connected") return state.role;
	return state.status === "failed" ? "fault" : "plain";
}

function nextTry(state) {
	if (state.status === "connecting") return "now";
	if (state.status !== "reconnecting") return "–";
	return state.retryAt === null ? "now" : `in ${secondsUntil(state.retryAt)}`;
}
