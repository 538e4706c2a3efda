/* After `changeset version`: the version that the client tells in hello follows package.json. */
import { readFileSync, writeFileSync } from "node:fs";

const PATH = "src/client/version.ts";
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const before = readFileSync(PATH, "utf8");
writeFileSync(PATH, before.replace(/(VERSION = ")[^"]*"/, `$1${version}"`));
