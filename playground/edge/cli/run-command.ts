/* One command against a running playground: what it prints, and with which code it ends. */
import { ControlClient } from "../control/client.js";
import type { EdgeState } from "../control/contract.js";
import { planOf } from "../drain/plan.js";
import { idOf, readTarget } from "../drain/target.js";
import { type Command, type DrainCommand, HELP, readCommand } from "./read-command.js";
import { renderPlan, renderStatus } from "./render.js";
import { readRunFile } from "./run-file.js";

export interface Ran {
	/** 0: done. 1: refused, or nobody is there. 2: no such command. */
	readonly code: 0 | 1 | 2;
	readonly text: string;
}

export async function runCommand(args: readonly string[]): Promise<Ran> {
	let command: Command;
	try {
		command = readCommand(args);
	} catch (reason) {
		return { code: 2, text: (reason as Error).message };
	}
	if (command.is === "help") return { code: 0, text: HELP };
	try {
		const control = new ControlClient(await readRunFile(command.runFile));
		return await carryOut(command, control);
	} catch (reason) {
		return failed(command, reason as Error);
	}
}

function failed({ isJson }: Command, reason: Error): Ran {
	const isGone = reason instanceof TypeError && reason.message === "fetch failed";
	const text = isGone
		? "The playground does not answer: it has stopped, or is another one's."
		: reason.message;
	return { code: 1, text: isJson ? JSON.stringify({ ok: false, message: text }) : text };
}

async function carryOut(command: Command, control: ControlClient): Promise<Ran> {
	const { isJson } = command;
	switch (command.is) {
		case "plan":
			return plan(command, isJson, await control.state());
		case "drain":
		case "undrain": {
			const { is, pop, zone, service, pace, reason } = command;
			const order = {
				...(pop === undefined ? {} : { pop }),
				...(zone === undefined ? {} : { zone }),
				...(service === undefined ? {} : { service }),
				...pace,
			};
			if (is === "undrain") await control.act({ do: is, ...order });
			else await control.act({ do: is, ...order, ...(reason === undefined ? {} : { reason }) });
			return status(isJson, await control.state());
		}
		case "automation":
			await control.act({ do: "set-automation", automation: command.automation });
			return status(isJson, await control.state());
		case "migrate":
		case "rollback":
			await control.act({ do: command.is === "migrate" ? "migrate" : "roll-back" });
			return status(isJson, await control.state());
		case "status":
			return status(isJson, await control.state());
		case "help":
			return { code: 0, text: HELP };
		default:
			return command satisfies never;
	}
}

function plan(command: DrainCommand, isJson: Command["isJson"], { drain }: EdgeState): Ran {
	const target = readTarget(command, drain.zones);
	const { pace, reason = "by order" } = command;
	const planned = planOf(drain, { is: "drain", target, pace, reason }, idOf(target));
	const text = isJson ? JSON.stringify(planned) : renderPlan(idOf(target), planned);
	return { code: planned.refusal === null ? 0 : 1, text };
}

function status(isJson: Command["isJson"], state: EdgeState): Ran {
	return {
		code: 0,
		text: isJson
			? JSON.stringify({ ...state.drain, migration: state.migration })
			: renderStatus(state),
	};
}
