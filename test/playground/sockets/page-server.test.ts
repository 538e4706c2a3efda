/* The page's own server: its HTML under a strict policy, and what only a page of its own may read. */
import { request } from "node:http";
import { bootHash } from "holdfast/boot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILD_FOLDER, buildPage, CDN_NAMES, isBuilt } from "../../../playground/page-build.js";
import { PageServer } from "../../../playground/page-server.js";
import { type EdgeRig, startRig } from "./edge-rig.js";

let page: PageServer;
let rig: EdgeRig;
beforeAll(async () => {
	await buildPage();
	page = new PageServer();
	await page.listen(0);
	rig = await startRig({ cdnRoot: BUILD_FOLDER, pageOrigins: page.origins });
}, 120_000);
afterAll(async () => {
	await page?.stop();
	await rig?.stop();
});

interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: string;
}

function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const asked = request(new URL(path, page.url.replace("localhost", "127.0.0.1")), {
			headers: { Host: new URL(page.url).host, ...headers },
			method,
		});
		asked.on("response", (response) => {
			let body = "";
			response.on("data", (chunk: Buffer) => {
				body += chunk.toString();
			});
			response.on("end", () =>
				resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
			);
		});
		asked.on("error", reject);
		asked.end();
	});
}

describe("the page's server", () => {
	it("asks for patience before the edge has its CDNs", async () => {
		const answer = await ask("/");
		expect(answer.status).toBe(503);
		expect(answer.headers["retry-after"]).toBe("1");
		page.show(rig.edge);
		expect((await ask("/")).status).toBe(200);
	});

	it("gives the page with both CDNs in it, and no script of its own but the boot script", async () => {
		const { body, headers } = await ask("/");
		const cdns = rig.edge.state.cdns.map(({ origin }, at) => [
			`${CDN_NAMES[at]}:${new URL(origin).port}`,
			origin,
		]);
		expect(cdns).toHaveLength(2);
		const policy = String(headers["content-security-policy"]);
		for (const [name = "", origin = ""] of cdns) {
			expect(body).toContain(name);
			expect(policy).toContain(`${name} `);
			expect(policy).toContain(`${origin} `);
		}
		expect(policy).toContain(`script-src '${bootHash}' 'strict-dynamic';`);
		expect(policy).toMatch(/style-src 'sha256-[^']+';/);
		expect(policy).not.toContain("unsafe");
		expect(policy).toContain("frame-ancestors 'none'");
		expect(body.match(/<script\b/g)).toHaveLength(1);
		expect(headers["cache-control"]).toBe("no-cache");
		expect(body).not.toContain(rig.edge.control.token);
	});

	it("serves what the page lists from either CDN", async () => {
		const { body } = await ask("/");
		const paths = [...body.matchAll(/assets\/[\w.-]+/g)].map(([path]) => path);
		expect(paths.length).toBeGreaterThanOrEqual(2);
		for (const { origin } of rig.edge.state.cdns)
			for (const path of paths) {
				const answer = await fetch(`${origin}/${path}`);
				expect(answer.status).toBe(200);
				// React's development transform, which its production build lacks.
				expect(await answer.text()).not.toContain("jsxDEV");
			}
	});

	it("tells a page of its own where the control API is, and lets no other origin read it", async () => {
		const { body, headers } = await ask("/run", { Origin: "https://evil.test" });
		expect(JSON.parse(body)).toEqual({
			id: rig.edge.state.run,
			control: rig.edge.control.url,
			token: rig.edge.control.token,
		});
		expect(headers["access-control-allow-origin"]).toBeUndefined();
		expect(headers["cache-control"]).toBe("no-store");
	});

	it("knows no other Host, as of a name that was rebound, no other method, and no other file", async () => {
		for (const path of ["/", "/run", "/worker.js"])
			expect((await ask(path, { Host: "evil.test" })).status).toBe(403);
		expect((await ask("/", {}, "POST")).status).toBe(405);
		for (const path of ["/main.tsx", "/../package.json", "/index.html"])
			expect((await ask(path)).status).toBe(404);
		expect((await ask("/worker.js")).headers["content-type"]).toContain("text/javascript");
	});

	it("need not build what it has built", async () => {
		expect(await isBuilt()).toBe(true);
	});
});
