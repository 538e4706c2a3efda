/* E14: downloads (Supra), by RFC 9110. */
import { expect, it } from "vitest";
import { get } from "./api-rig.js";
import { startFiles, stored } from "./files-rig.js";

const bytes = Buffer.from("0123456789");

async function ask(headers: Record<string, string>, method = "GET") {
	const { origin } = await startFiles();
	const id = await stored(origin, bytes, { filename: "digits.txt", filetype: "text/plain" });
	return { id, answer: await get(origin, `/files/${id}`, headers, method) };
}

it("sends a file as something to keep, never as a page", async () => {
	const { id, answer } = await ask({});
	expect(answer).toMatchObject({ status: 200, text: "0123456789" });
	expect(answer.headers).toMatchObject({
		"content-type": "application/octet-stream",
		"content-disposition": "attachment; filename*=UTF-8''digits.txt",
		"x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; sandbox",
		"accept-ranges": "bytes",
		etag: `"${id}"`,
	});
});

it.each<[string, number, string, string | undefined]>([
	["bytes=2-4", 206, "234", "bytes 2-4/10"],
	["bytes=7-", 206, "789", "bytes 7-9/10"],
	["bytes=-3", 206, "789", "bytes 7-9/10"],
	["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
	["bytes=8-99", 206, "89", "bytes 8-9/10"],
	["bytes=10-", 416, "It has no such bytes.\n", "bytes */10"],
	["bytes=4-2", 416, "It has no such bytes.\n", "bytes */10"],
	["bytes=0-1,4-5", 200, "0123456789", undefined],
	["bytes=0-,0-,0-,0-", 206, "0123456789", "bytes 0-9/10"],
	["lines=1-2", 200, "0123456789", undefined],
	["bytes", 200, "0123456789", undefined],
])("answers Range: %s with %d", async (range, status, text, contentRange) => {
	const { answer } = await ask({ Range: range });
	expect(answer).toMatchObject({ status, text });
	expect(answer.headers["content-range"]).toBe(contentRange);
});

it("heeds conditions", async () => {
	const { origin } = await startFiles();
	const id = await stored(origin, bytes);
	const status = async (headers: Record<string, string>) =>
		(await get(origin, `/files/${id}`, headers)).status;
	const { headers } = await get(origin, `/files/${id}`);
	const [etag, modified] = [String(headers.etag), String(headers["last-modified"])];
	expect(await status({ "If-None-Match": etag })).toBe(304);
	expect(await status({ "If-None-Match": '"other"' })).toBe(200);
	expect(await status({ "If-Modified-Since": modified })).toBe(304);
	expect(await status({ "If-Match": etag })).toBe(200);
	expect(await status({ "If-Match": '"other"' })).toBe(412);
	expect(await status({ Range: "bytes=0-1", "If-Range": etag })).toBe(206);
	expect(await status({ Range: "bytes=0-1", "If-Range": '"other"' })).toBe(200);
	expect(await status({ Range: "bytes=0-1", "If-Range": `W/${etag}` })).toBe(200);
});

it("has no body for HEAD, and is for nothing but reading", async () => {
	const { answer } = await ask({}, "HEAD");
	expect(answer).toMatchObject({ status: 200, text: "" });
	expect(answer.headers["content-length"]).toBe("10");
	expect((await ask({}, "PUT")).answer).toMatchObject({ status: 405 });
});

it.each([
	"..%2fuploads",
	"../../etc/passwd",
	`${"0".repeat(32)}`,
	`${"0".repeat(32)}.json`,
	"%00",
	".",
])("has no file %s", async (id) => {
	const { origin } = await startFiles();
	expect((await get(origin, `/files/${id}`)).status).toBe(404);
});

it("never gives its name a chance to be more than one", async () => {
	const { origin } = await startFiles();
	const filename = `../a"b\r\nSet-Cookie: x=1; 'é*.html`;
	const id = await stored(origin, bytes, { filename, filetype: "text/html" });
	const { headers } = await get(origin, `/files/${id}`);
	expect(headers["set-cookie"]).toBeUndefined();
	expect(headers["content-type"]).toBe("application/octet-stream");
	expect(headers["content-disposition"]).toBe(
		"attachment; filename*=UTF-8''.._a%22b__Set-Cookie%3A%20x%3D1%3B%20%27%C3%A9%2A.html",
	);
});
