/** As much of a Request as the HTTP half reads. */
export function requestOf(path: string, content: unknown, { signal }: AbortController): Request {
	let isRead = false;
	const read = async (): Promise<object> => {
		if (isRead) return { done: true };
		isRead = true;
		return { done: false, value: new TextEncoder().encode(JSON.stringify(content)) };
	};
	const request: object = {
		url: `http://model/${path}`,
		method: "POST",
		headers: { get: (name: string) => (name === "authorization" ? "Bearer ann" : null) },
		body: { getReader: () => ({ read, releaseLock: () => undefined }) },
		signal,
	};
	return request as Request;
}
