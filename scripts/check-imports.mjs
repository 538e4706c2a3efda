/*
 * Who may import what. In src/ a folder imports from itself and from those before it in FOLDERS; a pure
 * file imports pure files only; a package has one home; Node's built-ins stay in files that only Node
 * loads. The playground and the examples import what a user can. Prints each breach, and exits with 1.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

const PURE = "errors reactive policy protocol endpoint connection channels degraded share".split(
	" ",
);
const SHELL = "runtime transport dns assets client websocket react server testing".split(" ");
const FOLDERS = [...PURE, ...SHELL];
const PURE_FILES = [
	...["plan", "manifest", "origins"].map((name) => `src/assets/${name}.ts`),
	...["address", "contract", "machine", "standard", "state"].map(
		(name) => `src/websocket/${name}.ts`,
	),
];

/** The one file, or folder, that imports the package. */
const HOMES = new Map([
	// The package's own: which file it is depends on the platform.
	["#dns", "src/dns/platform.ts"],
	["@dnsquery/dns-packet", "src/dns/doh-message.ts"],
	["eventemitter3", "src/reactive/emitter.ts"],
	["idb-keyval", "src/runtime/storage.ts"],
	["isomorphic-ws", "src/runtime/websocket.ts"],
	["p-retry", "src/runtime/attempts.ts"],
	["ws", "src/server/node.ts"],
	["react", "src/react/react.ts"],
	["redis", "src/server/redis/connection.ts"],
	["@nats-io/jetstream", "src/server/nats/connection.ts"],
	["@nats-io/transport-node", "src/server/nats/connection.ts"],
]);

/** The same of the playground. An example is too small to need one. */
const SHOW_HOMES = new Map([
	["@dnsquery/dns-packet", "playground/edge/dns/wire.ts"],
	["@tus/file-store", "playground/edge/api/files/miata.ts"],
	["@tus/server", "playground/edge/api/files/miata.ts"],
	["ipaddr.js", "playground/edge/api/imgproxy/public-address.ts"],
	["lru-cache", "playground/edge/api/flannel/node.ts"],
	["selfsigned", "playground/edge/tls/authority.ts"],
	["send", "playground/edge/api/files/supra.ts"],
	["sharp", "playground/edge/api/imgproxy/resize.ts"],
	["uplot", "playground/page/edge/sockets-chart.ts"],
	["vite", "playground/page-build.ts"],
	["ws", "playground/edge/websockets.ts"],
]);

/** What a browser's bundle reaches must do without Node; these are reached by Node's subpaths alone. */
const NODE_ONLY = [
	/^src\/runtime\/file-[^/]+$/,
	/^src\/dns\/(?:node-[^/]+|platform-node\.ts)$/,
	/^src\/server\/node\.ts$/,
	/^src\/node\.ts$/,
	/^src\/assets\/node-[^/]+$/,
	/^src\/(?:vite|cli)\.ts$/,
];
/** The paths that a package manager would give: everything else of ours is private. */
const PUBLIC = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).exports)
	.filter((path) => !path.endsWith(".json"))
	.map((path) => posix.join("holdfast", path));

const COMMENTS = /^\s*(?:\/\*\*|\*|\/\/).*/gm;
const STATIC = /^\s*(?:import|(?:import|export|\})[^"'\n]*\bfrom)\s*["']([^"'\n]+)/gm;
const DYNAMIC = /\b(?:import|require)\(\s*["'`]([^"'`\n]+)/gm;

const folder = (path) => path.split("/")[1];
/** Entry points lie in src/ itself: they may import everything, and nothing imports them. */
const isEntry = (path) => path.split("/").length === 2;
const rank = (path) => (isEntry(path) ? FOLDERS.length : FOLDERS.indexOf(folder(path)));
const isPure = (path) => PURE.includes(folder(path)) || PURE_FILES.includes(path);
const isNodeOnly = (path) => NODE_ONLY.some((pattern) => pattern.test(path));
const resolve = (file, specifier) =>
	posix.join(posix.dirname(file), specifier).replace(/\.js(x?)$/, ".ts$1");

function sourceBreach(file, specifier) {
	if (specifier.startsWith("node:"))
		return isNodeOnly(file) ? null : "imports Node outside its files";
	if (!specifier.startsWith(".")) return packageBreach(file, specifier);
	const target = resolve(file, specifier);
	if (!target.startsWith("src/")) return "imports from outside src/";
	if (isEntry(target)) return "imports an entry point";
	if (rank(target) > rank(file)) return "imports upwards";
	if (isNodeOnly(target) && !isNodeOnly(file) && !isEntry(file)) return "imports a file of Node's";
	return isPure(file) && !isPure(target) ? "is pure, but not its import" : null;
}

const packageOf = (specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

function packageBreach(file, specifier) {
	const home = HOMES.get(packageOf(specifier)) ?? "nowhere yet";
	return file.startsWith(home) ? null : `imports a package whose home is ${home}`;
}

/** Of the playground and the examples, which show what a user can do. */
function showBreach(file, specifier) {
	const [name] = specifier.split("/");
	if (name === "holdfast")
		return PUBLIC.includes(specifier) ? null : "imports a path that is not public";
	if (!specifier.startsWith(".")) return showPackageBreach(file, specifier);
	const [root] = file.split("/");
	const isOwn = resolve(file, specifier).startsWith(`${root}/`);
	return isOwn ? null : "imports the library by its path, not by its name";
}

function showPackageBreach(file, specifier) {
	const home = SHOW_HOMES.get(packageOf(specifier));
	return home === undefined || !file.startsWith("playground/") || file === home
		? null
		: `imports a package whose home is ${home}`;
}

function breaches(file, breach) {
	const code = readFileSync(file, "utf8").replace(COMMENTS, "");
	const specifiers = [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)].map((match) => match[1]);
	const reasons = specifiers.map((specifier) => [breach(file, specifier), specifier]);
	return reasons.filter(([reason]) => reason).map((parts) => `${file}: ${parts.join(": ")}`);
}

function filesOf(root) {
	if (!existsSync(root)) return [];
	const paths = readdirSync(root, { recursive: true }).map((path) => path.replaceAll("\\", "/"));
	return paths.filter((path) => /\.[cm]?[jt]sx?$/.test(path)).map((path) => `${root}/${path}`);
}

const sources = filesOf("src");
const homeless = sources.filter((file) => rank(file) < 0);
const shows = [...filesOf("playground"), ...filesOf("examples")];
const lines = [
	...homeless.map((file) => `${file}: its folder is not in FOLDERS`),
	...sources.filter((file) => rank(file) >= 0).flatMap((file) => breaches(file, sourceBreach)),
	...shows
		.filter((file) => !file.includes("node_modules"))
		.flatMap((file) => breaches(file, showBreach)),
];
for (const line of lines) console.error(line);
process.exitCode = lines.length > 0 ? 1 : 0;
