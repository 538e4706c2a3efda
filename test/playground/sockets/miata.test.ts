/* E14: uploads by tus (Miata), with tus-js-client and by hand. */
import { createHash, randomBytes } from "node:crypto";
import { readdir, unlink } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { bundle } from "../../support/children/bundle.js";
import { start } from "../../support/program.js";
import { until } from "../../support/until.js";
import { get } from "./api-rig.js";
import { folder, idOf, startFiles, stored, upload } from "./files-rig.js";

const TUS = { "Tus-Resumable": "1.0.0" };
const BYTES = { ...TUS, "Content-Type": "application/offset+octet-stream" };
const digest = (
	algorithm: string,
	bytes: Buffer | string,
	form: "hex" | "base64" = "hex",
): string => createHash(algorithm).update(bytes).digest(form);

async function create(origin: string, length: number, headers: Record<string, string> = {}) {
	const made = await get(
		origin,
		"/uploads",
		{ ...TUS, "Upload-Length": String(length), ...headers },
		"POST",
	);
	return { made, path: String(made.headers.location) };
}

const patch = (origin: string, path: string, offset: number, bytes: Buffer, more = {}) =>
	get(origin, path, { ...BYTES, "Upload-Offset": String(offset), ...more }, "PATCH", bytes);

it("goes on after its process was killed, twice: the file is whole, and nothing was sent from the start", async () => {
	await using child = await bundle("miata");
	const root = await folder();
	let running = start([child.path, root, "0"]);
	onTestFinished(() => running[Symbol.asyncDispose]());
	const [, port = ""] = await running.says(/port: (\d+)/);
	const bytes = randomBytes(4 * 1024 * 1024);
	const resumedAt: number[] = [];
	let kills = 0;
	const onChunk = (sent: number): void => {
		if (kills >= 2 || sent < (kills + 1) * 1024 * 1024) return;
		kills += 1;
		resumedAt.push(sent);
		running.signal("SIGKILL");
		void running.ended.then(() => {
			running = start([child.path, root, port]);
		});
	};
	const sha256 = digest("sha256", bytes);
	const way = { chunkSize: 256 * 1024, metadata: { filename: "a.bin", sha256 }, onChunk };
	const url = await upload(`http://127.0.0.1:${port}`, bytes, way);
	expect(kills).toBe(2);
	expect(resumedAt.every((at) => at >= 1024 * 1024)).toBe(true);
	const { body, status } = await get(`http://127.0.0.1:${port}`, `/files/${idOf(url)}`);
	expect(status).toBe(200);
	expect(digest("sha256", body)).toBe(sha256);
	expect(await readdir(join(root, "uploads"))).toHaveLength(2);
});

it("goes on where a connection was cut in the midst of a body", async () => {
	const { origin } = await startFiles();
	const bytes = randomBytes(300_000);
	const { path } = await create(origin, bytes.length);
	// Half of what it announced, and the connection goes.
	await new Promise<void>((resolve) => {
		const headers = { ...BYTES, "Upload-Offset": "0", "Content-Length": bytes.length };
		const cut = request(`${origin}${path}`, { method: "PATCH", headers, agent: false });
		cut.on("error", () => resolve());
		cut.write(bytes.subarray(0, 150_000), () => setImmediate(() => cut.destroy(new Error("cut"))));
	});
	const head = async () => Number((await get(origin, path, TUS, "HEAD")).headers["upload-offset"]);
	const offset = await head();
	expect(offset).toBeLessThanOrEqual(150_000);
	expect(await patch(origin, path, offset, bytes.subarray(offset))).toMatchObject({
		status: 204,
	});
	const { body } = await get(origin, `/files/${idOf(path)}`);
	expect(body.equals(bytes)).toBe(true);
});

it("keeps what its checksums say, and refuses the rest", async () => {
	const { origin, room } = await startFiles();
	const bytes = Buffer.from("to be or not to be");
	const { path } = await create(origin, bytes.length);
	const sum = (algorithm: string, of = bytes.subarray(0, 5)) => ({
		"Upload-Checksum": `${algorithm} ${digest(algorithm, of, "base64")}`,
	});
	const first = bytes.subarray(0, 5);
	const other = await patch(origin, path, 0, first, sum("sha256", Buffer.from("other")));
	expect(other.status).toBe(460);
	const unknown = { "Upload-Checksum": "crc32 AAAA" };
	expect((await patch(origin, path, 0, first, unknown)).status).toBe(400);
	expect((await get(origin, path, TUS, "HEAD")).headers["upload-offset"]).toBe("0");
	expect((await patch(origin, path, 0, first, sum("sha1"))).status).toBe(204);
	expect((await patch(origin, path, 5, bytes.subarray(5))).status).toBe(204);
	expect((await get(origin, `/files/${idOf(path)}`)).text).toBe(String(bytes));
	const lie = upload(origin, bytes, { metadata: { sha256: digest("sha256", "other") } });
	await expect(lie).rejects.toThrow(/460/);
	expect(await readdir(room.files)).toHaveLength(2);
});

it("takes no more bytes with a checksum than fit into memory", async () => {
	const { origin } = await startFiles();
	const bytes = Buffer.alloc(8 * 1024 * 1024 + 1);
	const { path } = await create(origin, bytes.length);
	const headers = { "Upload-Checksum": `sha1 ${digest("sha1", bytes, "base64")}` };
	const refused = await patch(origin, path, 0, bytes, headers).catch(() => ({ status: 413 }));
	expect(refused.status).toBe(413);
	expect((await get(origin, path, TUS, "HEAD")).headers["upload-offset"]).toBe("0");
});

it("says what it can do", async () => {
	const { origin } = await startFiles();
	const { headers } = await get(origin, "/uploads", {}, "OPTIONS");
	expect(headers).toMatchObject({
		"tus-version": "1.0.0",
		"tus-max-size": String(64 * 1024 * 1024),
		"tus-checksum-algorithm": "sha256,sha1",
		"tus-extension": expect.stringMatching(/creation.*termination.*expiration.*checksum/),
	});
});

it.each<[string, Record<string, string>, number]>([
	["that says it is too large", { "Upload-Length": "1001" }, 413],
	["of a negative length", { "Upload-Length": "-1" }, 400],
	["of no length", { "Upload-Length": "many" }, 400],
	["with two lengths", { "Upload-Length": "1", "Upload-Defer-Length": "1" }, 400],
	["without a version", { "Tus-Resumable": "" }, 412],
	["with metadata that is none", { "Upload-Metadata": "filename !" }, 400],
	["with very much of it", { "Upload-Metadata": `a ${"A".repeat(4_096)}` }, 413],
])("refuses an upload %s", async (_what, headers, status) => {
	const { origin, room } = await startFiles({ maxBytes: 1_000 });
	expect((await create(origin, 10, headers)).made.status).toBe(status);
	expect(await readdir(room.uploads)).toEqual([]);
});

it("takes no more than was announced, and never more than is allowed", async () => {
	const { origin } = await startFiles({ maxBytes: 1_000 });
	const { path } = await create(origin, 10);
	expect((await patch(origin, path, 0, Buffer.alloc(20))).status).toBeGreaterThanOrEqual(400);
	const offset = Number((await get(origin, path, TUS, "HEAD")).headers["upload-offset"]);
	expect(offset).toBeLessThanOrEqual(10);
	const deferred = await get(origin, "/uploads", { ...TUS, "Upload-Defer-Length": "1" }, "POST");
	const open = String(deferred.headers.location);
	const endless = await patch(origin, open, 0, Buffer.alloc(2_000)).catch(() => ({
		status: 413,
	}));
	expect(endless.status).toBeGreaterThanOrEqual(400);
	const kept = Number((await get(origin, open, TUS, "HEAD")).headers["upload-offset"]);
	expect(kept).toBeLessThanOrEqual(1_000);
});

it.each(["/uploads/../secret", "/uploads/%2e%2e%2fsecret", "/uploads/x.json", "/uploads/none"])(
	"knows no upload at %s",
	async (path) => {
		const { origin } = await startFiles();
		expect((await get(origin, path, TUS, "HEAD")).status).toBe(404);
		expect((await patch(origin, path, 0, Buffer.from("x"))).status).toBe(404);
	},
);

it("gives no upload's bytes away, nor the store's own files", async () => {
	const { origin } = await startFiles();
	const { path } = await create(origin, 10);
	expect((await get(origin, path)).status).toBe(405);
	expect((await get(origin, `${path}.json`, TUS, "HEAD")).status).toBe(404);
});

it("refuses what does not continue where it stands", async () => {
	const { origin } = await startFiles();
	const { path } = await create(origin, 10);
	await patch(origin, path, 0, Buffer.from("12345"));
	expect((await patch(origin, path, 3, Buffer.from("x"))).status).toBe(409);
});

it("takes no more uploads than it has room for", async () => {
	const { origin } = await startFiles({ maxUploads: 2 });
	await create(origin, 10);
	const { path } = await create(origin, 10);
	expect((await create(origin, 10)).made).toMatchObject({ status: 507 });
	expect((await get(origin, path, TUS, "DELETE")).status).toBe(204);
	expect((await create(origin, 10)).made.status).toBe(201);
});

it("forgets uploads that were not gone on with in time, and files never", async () => {
	const { origin, miata, room } = await startFiles({ expiresMs: 1 });
	const id = await stored(origin, Buffer.alloc(0));
	const { path, made } = await create(origin, 10);
	expect(made.headers["upload-expires"]).toBeDefined();
	const late = async () => (await patch(origin, path, 9, Buffer.from("late"))).status;
	await until(async () => (await late()) === 410, "it to be too old");
	expect(await miata.sweep()).toBeGreaterThan(0);
	expect(await readdir(room.uploads)).not.toContain(idOf(path));
	expect((await get(origin, path, TUS, "HEAD")).status).toBeGreaterThanOrEqual(404);
	expect((await get(origin, `/files/${id}`)).status).toBe(200);
});

it("publishes at its start what became whole when nobody could any more", async () => {
	const root = await folder();
	const first = await startFiles({}, root);
	const id = await stored(first.origin, Buffer.from("whole"));
	await unlink(join(first.room.files, id));
	const second = await startFiles({}, root);
	expect((await get(second.origin, `/files/${id}`)).text).toBe("whole");
});
