"use client";

import { createClient } from "holdfast";
import { ClientProvider, ConnectionBanner } from "holdfast/react";
import { useState } from "react";

export function Providers({ children }) {
	// One a page, and one a request on the server, where a lazy client does nothing.
	const [client] = useState(() => createClient({ endpoints: ["ws://127.0.0.1:9/realtime"] }));
	return (
		<ClientProvider client={client}>
			<header>
				<ConnectionBanner />
			</header>
			{children}
		</ClientProvider>
	);
}
