/* `npm run playground`: see README.md beside this file, or --help. */
import { runPlayground } from "./run.js";
import { HELP, readSettings, type Settings } from "./settings.js";

function readArguments(): Settings {
	try {
		const settings = readSettings(process.argv.slice(2));
		if (settings !== "help") return settings;
		process.stdout.write(HELP);
		process.exit(0);
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
		process.exit(2);
	}
}

await runPlayground(readArguments()).catch((error: Error) => {
	process.stderr.write(`\n${error.message}\n`);
	process.exit(1);
});
process.exit(0);
