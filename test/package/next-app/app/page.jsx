// A server component: what it imports of the package is a reference to the client's half.
import { ConnectionBanner } from "holdfast/react";
import { Room } from "./room.jsx";

export const dynamic = "force-dynamic";

export default function Page() {
	return (
		<main>
			<ConnectionBanner labels={{ retry: "Again" }} />
			<Room />
		</main>
	);
}
