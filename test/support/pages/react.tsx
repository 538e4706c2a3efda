/* What the page of a browser test runs: an app of holdfast/react, as a bundler would build it. */
import axe from "axe-core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "../../../src/index.js";
import {
	ClientProvider,
	ConnectionBanner,
	useConnection,
	useMessages,
	usePublish,
} from "../../../src/react.js";

const { searchParams } = new URL(location.href);

const client = createClient<{ room: string }>({
	endpoints: [searchParams.get("url") ?? ""],
	reconnect: { firstRedialWindowMs: 50, baseMs: 50, maxMs: 300 },
	degraded: { bannerAfterMs: 200 },
});

function List() {
	const { messages } = useMessages<string>("room", { from: { last: 10 } });
	return (
		<ul>
			{messages.map(({ id, data }) => (
				<li key={id}>{data}</li>
			))}
		</ul>
	);
}

function Form() {
	const { publish, pending } = usePublish<string>("room");
	const status = useConnection((state) => state.status);
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault();
				void publish(String(new FormData(event.currentTarget).get("text")));
			}}
		>
			<input name="text" aria-label="Message" />
			<button type="submit">Send</button>
			<output>
				{status} {pending}
			</output>
		</form>
	);
}

Object.assign(globalThis, { axe });
createRoot(document.body.appendChild(document.createElement("div"))).render(
	<StrictMode>
		<ClientProvider client={client}>
			<header>
				<ConnectionBanner />
			</header>
			<main>
				<h1>Room</h1>
				<List />
				<List />
				<Form />
			</main>
		</ClientProvider>
	</StrictMode>,
);
