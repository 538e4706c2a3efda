/* E14: Imgproxy on loopback, by a gate that knows no other address than 127.0.0.1; and by its own, which refuses it. */
import type { RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import sharp from "sharp";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Gate, PUBLIC_GATE } from "../../../playground/edge/api/imgproxy/fetch-source.js";
import { Imgproxy, type ImgproxyOptions } from "../../../playground/edge/api/imgproxy/imgproxy.js";
import { newAuthority } from "../../../playground/edge/tls/authority.js";
import { get, serve } from "./api-rig.js";

const HERE: Gate = {
	resolve: async () => ["127.0.0.1"],
	allowsAddress: (address) => address === "127.0.0.1",
	allowsPort: () => true,
};

let photo: Buffer;
beforeAll(async () => {
	photo = await sharp({ create: { width: 400, height: 200, channels: 3, background: "tomato" } })
		.withExif({ IFD0: { Copyright: "a secret place" } })
		.jpeg()
		.toBuffer();
});

/** What Imgproxy makes of a picture's server, asked by its name. */
async function proxied(
	origin: RequestListener,
	options: ImgproxyOptions = {},
	query = "",
	path = "/photo.jpg",
) {
	const source = await serve(origin);
	const imgproxy = new Imgproxy({ gate: HERE, ...options });
	const front = await serve((request, response) => void imgproxy.serve(request, response));
	const link = encodeURIComponent(`http://pictures.test:${source.port}${path}`);
	const answer = await get(front.origin, `/image?url=${link}${query}`);
	return { answer, source, front };
}

const sends =
	(body: () => Buffer | string, headers: Record<string, string> = {}): RequestListener =>
	(_request, response) => {
		response.writeHead(200, headers);
		response.end(body());
	};

it("makes a picture smaller, in another format, without where it was taken", async () => {
	const { answer } = await proxied(
		sends(() => photo),
		{},
		"&w=100&format=png",
	);
	expect(answer.status).toBe(200);
	expect(answer.headers).toMatchObject({
		"content-type": "image/png",
		"x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; sandbox",
	});
	const { format, width, height, exif } = await sharp(answer.body).metadata();
	expect({ format, width, height, exif }).toEqual({ format: "png", width: 100, height: 50 });
	expect((await sharp(photo).metadata()).exif).toBeDefined();
});

it("never makes one larger", async () => {
	const { answer } = await proxied(
		sends(() => photo),
		{},
		"&w=4000&h=4000",
	);
	expect(await sharp(answer.body).metadata()).toMatchObject({ width: 400, height: 200 });
});

describe("connects to nothing of ours", () => {
	const link = (port: number, host = "127.0.0.1") =>
		`/image?url=${encodeURIComponent(`http://${host}:${port}/`)}`;

	it.each([
		"127.0.0.1",
		"2130706433",
		"0x7f.1",
		"0177.0.0.1",
		"[::1]",
		"[::ffff:127.0.0.1]",
		"localhost",
	])("by %s, with the gate that it has by default", async (host) => {
		const secret = await serve(sends(() => photo));
		const { allowsPort } = HERE;
		const imgproxy = new Imgproxy({ gate: { ...PUBLIC_GATE, allowsPort } });
		const front = await serve((request, response) => void imgproxy.serve(request, response));
		const answer = await get(front.origin, link(secret.port, host));
		expect(answer).toMatchObject({ status: 403, text: expect.stringContaining("public internet") });
		expect(secret.count).toBe(0);
	});

	it("by another port than 80 and 443, with the gate that it has by default", async () => {
		const imgproxy = new Imgproxy();
		const front = await serve((request, response) => void imgproxy.serve(request, response));
		expect(await get(front.origin, link(6379, "example.com"))).toMatchObject({
			status: 403,
			text: "Port 6379 is not for pictures.\n",
		});
	});

	it("by a redirect: each is checked like the first", async () => {
		const secret = await serve(sends(() => photo));
		const { answer } = await proxied((_request, response) => {
			response.writeHead(302, { Location: `http://127.0.0.2:${secret.port}/` }).end();
		});
		expect(answer.status).toBe(403);
		expect(secret.count).toBe(0);
	});

	it("by a redirect to another scheme", async () => {
		const { answer } = await proxied((_request, response) => {
			response.writeHead(301, { Location: "file:///etc/passwd" }).end();
		});
		expect(answer).toMatchObject({
			status: 502,
			text: "A redirect: url begins with http: or https:.\n",
		});
	});

	it("by a name that changes after it was checked: it is asked once, and that address is dialled", async () => {
		let asked = 0;
		const resolve = async () => (asked++ === 0 ? ["127.0.0.1"] : ["127.0.0.2"]);
		const { answer } = await proxied(
			sends(() => photo),
			{ gate: { ...HERE, resolve } },
		);
		expect(answer.status).toBe(200);
		expect(asked).toBe(1);
	});

	it("by a name that has one of ours among others", async () => {
		const resolve = async () => ["127.0.0.1", "10.0.0.1"];
		const { answer, source } = await proxied(
			sends(() => photo),
			{ gate: { ...HERE, resolve } },
		);
		expect(answer.status).toBe(403);
		expect(source.count).toBe(0);
	});

	it("by a name that is nobody's", async () => {
		const resolve = () => Promise.reject(new Error("ENOTFOUND"));
		const { answer } = await proxied(
			sends(() => photo),
			{ gate: { ...HERE, resolve } },
		);
		expect(answer).toMatchObject({ status: 502, text: "pictures.test was not found.\n" });
	});
});

it("follows three redirects, and no fourth", async () => {
	const redirecting =
		(hops: number): RequestListener =>
		({ url = "" }, response) => {
			const hop = Number(url.slice(1));
			if (hop === hops) response.end(photo);
			else response.writeHead(302, { Location: `/${hop + 1}` }).end();
		};
	expect((await proxied(redirecting(3), {}, "", "/0")).answer.status).toBe(200);
	const { answer, source } = await proxied(redirecting(4), {}, "", "/0");
	expect(answer).toMatchObject({ status: 502, text: "There are more than 3 redirects.\n" });
	expect(source.count).toBe(4);
});

describe("refuses a picture", () => {
	it.each<[string, () => Buffer | string, number]>([
		["that is a page", () => "<html></html>", 415],
		["that is empty", () => "", 415],
		[
			"of SVG, which could load others",
			() => '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
			415,
		],
		["of PDF", () => "%PDF-1.4\n%%EOF", 415],
		["that is cut short", () => photo.subarray(0, photo.length / 2), 415],
	])("%s", async (_what, body, status) => {
		const { answer } = await proxied(sends(body, { "Content-Type": "image/png" }));
		expect(answer.status).toBe(status);
		expect(answer.headers["content-type"]).toBe("text/plain");
	});

	it("of few bytes and very many pixels", async () => {
		const bomb = await sharp({
			create: { width: 12_000, height: 12_000, channels: 3, background: "white" },
			limitInputPixels: false,
		})
			.png({ compressionLevel: 9 })
			.toBuffer();
		expect(bomb.length).toBeLessThan(10 * 1024 * 1024);
		const { answer } = await proxied(sends(() => bomb));
		expect(answer.status).toBe(413);
	});

	it("that says it is too large, and one that is without saying so", async () => {
		const limits = { bytes: 100_000 };
		const large = Buffer.alloc(100_001);
		const said = await proxied(
			sends(() => large),
			{ limits },
		);
		expect(said.answer.status).toBe(413);
		const unsaid = await proxied(
			(_request, response) => {
				response.writeHead(200);
				const more = (): void => {
					while (!response.destroyed && response.write(Buffer.alloc(16_384)));
					response.once("drain", more);
				};
				more();
			},
			{ limits },
		);
		expect(unsaid.answer.status).toBe(413);
	});

	it("that comes compressed, though that was not asked for: it could grow without end", async () => {
		const { answer } = await proxied(sends(() => photo, { "Content-Encoding": "gzip" }));
		expect(answer.status).toBe(502);
	});

	it("that never comes, or never ends", async () => {
		const limits = { ms: 200 };
		const silent = await proxied(() => undefined, { limits });
		expect(silent.answer).toMatchObject({ status: 504, text: "It took too long.\n" });
		const endless = await proxied((_request, response) => void response.write("x"), { limits });
		expect(endless.answer.status).toBe(504);
	});

	it("whose server says no, or hangs up", async () => {
		const no = await proxied((_request, response) => response.writeHead(404).end());
		expect(no.answer).toMatchObject({ status: 502, text: "It answered with 404.\n" });
		const gone = await proxied((request) => request.socket.destroy());
		expect(gone.answer).toMatchObject({ status: 502, text: "It was cut off.\n" });
	});
});

it("takes no more at a time than it can", async () => {
	const imgproxy = new Imgproxy({ gate: HERE, maxAtOnce: 1 });
	const waiting: (() => void)[] = [];
	const asked = new Promise<void>((resolve) => waiting.push(resolve));
	let release: () => void = () => undefined;
	const source = await serve((_request, response) => {
		release = () => response.end(photo);
		waiting[0]?.();
	});
	const front = await serve((request, response) => void imgproxy.serve(request, response));
	const path = `/image?url=${encodeURIComponent(`http://pictures.test:${source.port}/`)}`;
	const first = get(front.origin, path);
	await asked;
	expect((await get(front.origin, path)).status).toBe(503);
	release();
	expect((await first).status).toBe(200);
	expect((await get(front.origin, path, {}, "POST")).status).toBe(405);
});

it("checks a certificate by the link's name, though it dials an address", async () => {
	const authority = await newAuthority("for pictures");
	const { key, cert } = await authority.issue(["pictures.test"]);
	const https = createTlsServer({ key, cert }, (_request, response) => response.end(photo));
	await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", () => resolve()));
	onTestFinished(() => {
		https.closeAllConnections();
		https.close();
	});
	const { port } = https.address() as AddressInfo;
	const status = async (host: string, gate: Gate) => {
		const imgproxy = new Imgproxy({ gate });
		const front = await serve((request, response) => void imgproxy.serve(request, response));
		const link = encodeURIComponent(`https://${host}:${port}/`);
		return (await get(front.origin, `/image?url=${link}`)).status;
	};
	const trusting = { ...HERE, authority: authority.cert };
	expect(await status("pictures.test", trusting)).toBe(200);
	expect(await status("others.test", trusting)).toBe(502);
	expect(await status("127.0.0.1", trusting)).toBe(502);
	expect(await status("pictures.test", HERE)).toBe(502);
});
