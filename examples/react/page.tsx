import { createClient } from "holdfast";
import { ConnectionBanner, createHooks } from "holdfast/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

interface Channels {
	general: { readonly text: string };
}

const { ClientProvider, useMessages, usePublish } = createHooks<Channels>();

// At module scope: it dials when the first component listens.
const client = createClient<Channels>({
	endpoints: [`${location.origin.replace("http", "ws")}/realtime`],
	api: `${location.origin}/realtime`,
	getToken: async () => "guest",
});

function Room() {
	const { messages, gap } = useMessages("general", { from: { last: 20 }, limit: 100 });
	return (
		<>
			{gap && <p>Some messages are missing.</p>}
			<ol>
				{messages.map(({ from, id, data }) => (
					<li key={`${from} ${id}`}>{data.text}</li>
				))}
			</ol>
		</>
	);
}

function Composer() {
	const { publish, pending } = usePublish("general");
	const send = (form: FormData): void => {
		publish({ text: String(form.get("text")) }).catch((error: Error) => alert(error.message));
	};
	return (
		<form action={send}>
			<input name="text" aria-label="Message" autoComplete="off" />
			<button type="submit">Send</button>
			{pending > 0 && ` ${pending} on their way`}
		</form>
	);
}

const root = document.getElementById("root");
if (root === null) throw new Error("no #root");
createRoot(root).render(
	<StrictMode>
		<ClientProvider client={client}>
			<header>
				<ConnectionBanner />
				<h1>Holdfast in React</h1>
			</header>
			<main>
				<Room />
				<Composer />
			</main>
		</ClientProvider>
	</StrictMode>,
);
