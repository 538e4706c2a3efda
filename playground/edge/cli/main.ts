/* `npm run edge -- <command>`: see --help. */
import { runCommand } from "./run-command.js";

const { code, text } = await runCommand(process.argv.slice(2));
(code === 0 ? process.stdout : process.stderr).write(`${text.trimEnd()}\n`);
process.exitCode = code;
