import { RealtimeError } from "../errors/realtime-error.js";

/**
 * The text of a request, read no further than `maxBytes`. What is left of an oversized one stays
 * unread: to cancel it would end the connection before the answer is out.
 * @throws RealtimeError `message-too-large`, `protocol-violation` for what is no UTF-8
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
	if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge();
	const reader = request.body?.getReader();
	if (reader === undefined) return "";
	const decoder = new TextDecoder("utf-8", { fatal: true });
	try {
		let text = "";
		for (let bytes = 0; ; ) {
			const { done, value } = await reader.read();
			if (done) return text + decoder.decode();
			bytes += value.length;
			if (bytes > maxBytes) throw tooLarge();
			text += decoder.decode(value, { stream: true });
		}
	} catch (reason) {
		throw RealtimeError.from(reason, "protocol-violation");
	} finally {
		reader.releaseLock();
	}
}

function tooLarge(): RealtimeError {
	return new RealtimeError("message-too-large", "The request is too large.");
}
