/* The left half: what users see. */
import { ClientProvider } from "holdfast/react";
import type { ReactNode } from "react";
import { useSource } from "../app/store.js";
import { live, people } from "../people/people.js";
import { PROFILES } from "../people/profiles.js";
import { Chat } from "./chat.js";
import { ChatFrame } from "./chat-frame.js";

export function Users(): ReactNode {
	const present = useSource(people);
	return (
		<section className="users" aria-labelledby="users-title" data-testid="users">
			<h2 id="users-title">What your users see</h2>
			<div className="chats">
				{present === null
					? PROFILES.map((profile) => (
							<ChatFrame key={profile.id} profile={profile}>
								<Waiting />
							</ChatFrame>
						))
					: present.map((person) => (
							<ClientProvider key={person.reporter.client} client={person.client}>
								<Chat person={person} />
							</ClientProvider>
						))}
			</div>
		</section>
	);
}

function Waiting(): ReactNode {
	const line = useSource(live.line);
	const words =
		line.is === "lost" ? "The playground does not answer." : "Waiting for the edge to start…";
	return <p className="waiting">{words}</p>;
}
