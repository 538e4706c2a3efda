/*
 * A Chromium for tests: $CHROMIUM, else one that is installed, else the one from npm, which needs
 * neither root nor a download and brings the libraries that a bare machine lacks.
 */
import { execFile, execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, type BrowserContext, chromium, type LaunchOptions } from "playwright-core";

export interface Chromium {
	readonly executablePath: string;
	readonly env: Record<string, string>;
}

const INSTALLED = [
	process.env.CHROMIUM,
	...["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].flatMap((name) => [
		`/usr/bin/${name}`,
		`/usr/local/bin/${name}`,
	]),
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Root, as in most containers, has no sandbox; nothing here may reach out to the internet by itself. */
const ARGS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-dev-shm-usage",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--no-first-run",
	"--no-default-browser-check",
];

/** A browser whose pages keep nothing. */
export async function launchChromium(
	options: Pick<LaunchOptions, "ignoreDefaultArgs"> = {},
): Promise<Browser> {
	return chromium.launch({ ...(await findChromium()), args: ARGS, ...options });
}

/** A browser with a profile on disk, which outlives it. */
export async function launchProfile(directory: string): Promise<BrowserContext> {
	return chromium.launchPersistentContext(directory, { ...(await findChromium()), args: ARGS });
}

let found: Promise<Chromium> | undefined;

export function findChromium(): Promise<Chromium> {
	found ??= find();
	return found;
}

async function find(): Promise<Chromium> {
	const executablePath = INSTALLED.find((path) => path && isExecutable(path));
	if (executablePath) return { executablePath, env: inherited() };
	return fromNpm();
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

const require = createRequire(import.meta.url);
const UNPACK = `import("@sparticuz/chromium").then((it) => it.default.executablePath());`;

/**
 * The package unpacks into the temporary folder itself, where two processes that begin at once see
 * half of it, and an older version counts for the newer. So it is unpacked in a folder of our own,
 * which gets its name when it is complete.
 */
async function fromNpm(): Promise<Chromium> {
	const home = fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url));
	const manifest = join(require.resolve("@sparticuz/chromium"), "../../../package.json");
	const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
	const folder = join(home, `chromium-${version}`);
	if (!existsSync(folder)) {
		await mkdir(home, { recursive: true });
		const draft = await mkdtemp(`${folder}-draft-`);
		// It takes the libraries out only where it finds itself on Lambda.
		const env = { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" };
		const cwd = fileURLToPath(new URL(".", import.meta.url));
		await promisify(execFile)(process.execPath, ["-e", UNPACK], { env, cwd });
		await rename(draft, folder).catch(async (reason) => {
			// Another was first.
			await rm(draft, { recursive: true });
			if (!existsSync(folder)) throw reason;
		});
	}
	const executablePath = join(folder, "chromium");
	// Its own configuration names folders of the machine that it was made for; without a font, a text
	// field ends the page.
	const fonts = join(folder, "fonts.conf");
	const text = `<fontconfig><dir>${join(folder, "fonts", "fonts")}</dir></fontconfig>`;
	if (!existsSync(fonts)) await writeFile(fonts, text);
	const env: Record<string, string> = { ...inherited(), FONTCONFIG_FILE: fonts };
	if (!starts(executablePath, env)) env.LD_LIBRARY_PATH = join(folder, "al2023", "lib");
	return { executablePath, env };
}

function starts(executablePath: string, env: Record<string, string>): boolean {
	try {
		execFileSync(executablePath, ["--version", "--no-sandbox"], { env, stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

function inherited(): Record<string, string> {
	const entries = Object.entries(process.env).flatMap(([name, value]) =>
		value === undefined ? [] : [[name, value] as const],
	);
	return Object.fromEntries(entries);
}
