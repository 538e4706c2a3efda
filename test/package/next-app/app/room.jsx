"use client";

import { useConnection, useMessages, usePublish } from "holdfast/react";

export function Room() {
	const { messages, state } = useMessages("room", { from: { last: 50 } });
	const { pending } = usePublish("room");
	const status = useConnection(({ status }) => status);
	return <p id="room">{`${status}, ${state.status}, ${messages.length}, ${pending}`}</p>;
}
