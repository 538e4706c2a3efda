/** A channel's name as one word of a subject: another one for each name, in letters that NATS takes. */
export function tokenOf(channel: string): string {
	const bytes = new TextEncoder().encode(JSON.stringify(channel));
	const text = btoa(String.fromCharCode(...bytes));
	return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
