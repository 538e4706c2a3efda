/*
 * The eleven rules of docs/PROTOCOL.md, each left out of the shipped code in one way or more, and the
 * small world in which that does harm. Where the rule is the application's, it is left out of the world.
 */
import type { Mutation } from "./load.js";

export interface Removal {
	readonly rule: string;
	/** What the code does without it. */
	readonly without: string;
	/** The world that shows it. */
	readonly scenario: string;
	readonly mutations: readonly Mutation[];
}

const one = (file: string, from: string, to: string): readonly Mutation[] => [{ file, from, to }];

export const REMOVALS: readonly Removal[] = [
	{
		rule: "R1",
		without: "a log that may have lost a tail goes on with its epoch",
		scenario: "2 messages over a link, a log that restarts twice",
		mutations: one(
			"server/memory-log.ts",
			"channel.restart(this.#epoch, lost)",
			"channel.restart(channel.head().epoch, lost)",
		),
	},
	{
		rule: "R1",
		without: "trimming resets the head",
		scenario: "2 messages, longer than the log retains them",
		mutations: one(
			"server/memory-channel.ts",
			"this.#retained.shift();",
			"this.#retained.shift();\n\t\t\tif (this.#retained.length === 0) this.#head = 0;",
		),
	},
	{
		rule: "R1",
		without: "a new epoch is not above the one before",
		scenario: "2 messages over a link, a log that restarts twice",
		mutations: one(
			"server/memory-log.ts",
			"this.#epoch = nextEpoch(this.#epoch, this.#clock.now(), this.#random);",
			"this.#epoch = nextEpoch(null, 0, () => 0);",
		),
	},
	{
		rule: "R2",
		without: "a head above ours is a gap",
		scenario: "2 messages over a link, a log that restarts twice",
		mutations: one(
			"channels/channel.ts",
			"return isBehind ? askOn(state, at) : stay(state);",
			'return isBehind ? [moveTo(state, input.head), [{ type: "tell-gap", missed: "unknown" }]] : stay(state);',
		),
	},
	{
		rule: "R2",
		without: "a head above ours makes nobody ask",
		scenario: "2 messages over a link, a log that restarts twice",
		mutations: one(
			"channels/channel.ts",
			"return isBehind ? askOn(state, at) : stay(state);",
			"return stay(isBehind ? state : state);",
		),
	},
	{
		rule: "R2",
		without: "a gap and what follows it are read in more steps than one",
		scenario: "2 messages of a log that takes its time, and loses its tail",
		mutations: one(
			"server/replay.ts",
			"if (head.epoch === before.epoch) return",
			"if (head.epoch !== null) return",
		),
	},
	{
		rule: "R2",
		without: "no gap is declared",
		scenario: "2 messages over a link, a log that restarts twice",
		mutations: one(
			"server/replay.ts",
			"complete || !isResume\n",
			"complete || isResume || !isResume\n",
		),
	},
	{
		rule: "R2",
		without: "what is retained is not replayed after a gap",
		scenario: "2 messages over a link, a log that restarts twice",
		mutations: one(
			"server/replay.ts",
			"const [first] = messages;",
			"const [first] = complete ? messages : [];",
		),
	},
	{
		rule: "R3",
		without: "a link's frames count before its answer, and a message changes our epoch",
		scenario: "2 messages over 2 links, a log that restarts",
		mutations: [
			...one(
				"channels/channel.ts",
				'if (at?.phase !== "answered") return stay(state);\n\tif (frame.position === null)',
				"if (at === undefined) return stay(state);\n\tif (frame.position === null)",
			),
			...one(
				"channels/channel.ts",
				"} else if (isBefore(epoch, state.epoch)) return stay(state);",
				"} else if (isBefore(epoch, state.epoch)) return stay(state);\n\telse return advance({ ...state, epoch }, at, frame, offset);",
			),
		],
	},
	{
		rule: "R3",
		without: "an answer counts for any question",
		scenario: "2 messages to an app that leaves and comes back",
		mutations: one(
			"channels/channel.ts",
			'if (at?.phase !== "asked" || at.askId !== frame.id) return stay(state);',
			'if (at?.phase !== "asked") return stay(state);',
		),
	},
	{
		rule: "R3",
		without: "a gap counts wherever we are",
		scenario: "a message, 2 cuts and lost tails",
		mutations: one(
			"channels/channel.ts",
			"if (!isHeld(state, at.asked)) return isFurther ? repeat(state, at) : stay(state);",
			"",
		),
	},
	{
		rule: "R4",
		without: "ids do not outlive an epoch",
		scenario: "a publish that is heard, 2 cuts and lost tails",
		mutations: one(
			"channels/channel.ts",
			"const isRepeat = suspects > 0 && isRecent(recent, frame.from, frame.id);",
			"const isRepeat = suspects < 0;",
		),
	},
	{
		rule: "R4",
		without: "ids of ephemeral messages are not kept",
		scenario: "2 ephemeral messages, a cut",
		mutations: one(
			"channels/channel.ts",
			"at.link !== current || isRecent(recent, frame.from, frame.id)",
			"at.link !== current",
		),
	},
	{
		rule: "R4",
		without: "a replay into a new epoch starts at our offset",
		scenario: "2 messages over a link, a log that restarts twice",
		mutations: one(
			"server/memory-channel.ts",
			"return since.reduce((lowest, { beganAt }) => Math.min(lowest, beganAt), offset);",
			"return offset;",
		),
	},
	{
		rule: "R4",
		without: "only the last of the epochs since ours is looked at",
		scenario: "2 messages over a link, a log that restarts twice",
		mutations: one(
			"server/memory-channel.ts",
			"return since.reduce(",
			"return since.slice(-1).reduce(",
		),
	},
	{
		rule: "R5",
		without: "the id is not checked",
		scenario: "2 publishes, 2 cuts and crashes",
		mutations: one("server/memory-channel.ts", "if (known !== undefined)", "if (known === -1)"),
	},
	{
		rule: "R5",
		without: "the id is not checked before the permission",
		scenario: "2 publishes, a right withdrawn, a cut",
		mutations: one(
			"server/lane.ts",
			'if (verdict === "denied") return this.#recall(message, publish);',
			'if (verdict === "denied") return rejected(id, "forbidden", settings);',
		),
	},
	{
		rule: "R5",
		without: "an older link is not fenced",
		scenario: "2 publishes to a log that takes its time, turned down once, a cut",
		mutations: one(
			"server/memory-channel.ts",
			"return link < (this.#fences.get(scoped(from, client))?.link ?? link);",
			"return false;",
		),
	},
	{
		rule: "R5",
		without: "an append made for another epoch is stored",
		scenario: "2 publishes, 2 cuts and lost tails",
		mutations: one(
			"server/memory-channel.ts",
			"if (epoch !== null && epoch !== this.epoch) return true;",
			"",
		),
	},
	{
		rule: "R5",
		without: "a gateway reads first and follows then",
		scenario: "a message of a log that takes its time, a cut",
		mutations: [
			...one(
				"server/subscription.ts",
				"const follow = await feed.join(this.channel, (message) => this.#hear(message));\n\t\tif (this.#isOver()) return dispose(follow);\n\t\tthis.#follow = follow;",
				"",
			),
			...one(
				"server/subscription.ts",
				"\t\t\tPAGE,\n\t\t);\n\t\tif (this.#isOver()) return;",
				"\t\t\tPAGE,\n\t\t);\n\t\tconst follow = await feed.join(this.channel, (message) => this.#hear(message));\n\t\tif (this.#isOver()) return dispose(follow);\n\t\tthis.#follow = follow;",
			),
		],
	},
	{
		rule: "R6",
		without: "what was unacknowledged is not sent again",
		scenario: "2 publishes, 2 cuts and crashes",
		mutations: one(
			"channels/outbox.ts",
			"revise(pending, { due: 0, inFlight: false, isUnanswered: true })",
			"revise(pending, { due: 0, isUnanswered: true })",
		),
	},
	{
		rule: "R6",
		without: "the newest leave first",
		scenario: "2 publishes, 2 cuts and crashes",
		mutations: one(
			"channels/outbox-sends.ts",
			"for (let at = 0; at < queue.length && room > 0; at += 1)",
			"for (let at = queue.length - 1; at >= 0 && room > 0; at -= 1)",
		),
	},
	{
		rule: "R6",
		without: "new publishes leave while an older link still owes answers",
		scenario: "2 publishes to a log that takes its time, turned down once, a cut",
		mutations: [
			...one(
				"channels/outbox.ts",
				"\t\tground(turn);\n\t\tpatch(turn, { route: {",
				"\t\tpatch(turn, { route: {",
			),
			...one(
				"channels/outbox.ts",
				"if (route?.route.link !== link) return;\n\tground(turn);",
				"if (route?.route.link !== link) return ground(turn);\n\tground(turn);",
			),
		],
	},
	{
		rule: "R7",
		without: "a retryable rejection blocks nobody",
		scenario: "3 publishes, a log that is busy twice",
		mutations: one("server/lane.ts", "this.#blockedBy = id;", ""),
	},
	{
		rule: "R7",
		without: "of what was rejected later ones are not sent again",
		scenario: "3 publishes, a log that is busy twice",
		mutations: one(
			"channels/outbox.ts",
			"return isLater ? revise(pending, { inFlight: false }) : pending;",
			"return isLater ? pending : pending;",
		),
	},
	{
		rule: "R7",
		without: "publishes are not handled one by one",
		scenario: "2 publishes to a log that takes its time, a cut or a crash",
		mutations: one(
			"server/publisher.ts",
			"const outcome = this.#wire.isOpen ? await line.lane.take(next.publish, next.arrivedAt) : null;",
			"const outcome = null;\n\t\t\tif (this.#wire.isOpen) void line.lane.take(next.publish, next.arrivedAt).then((late) => this.#answer(late));",
		),
	},
	{
		rule: "R7",
		without: "any publish lifts the block",
		scenario: "3 publishes, a log that is busy twice",
		mutations: one(
			"server/lane.ts",
			"this.#blockedBy !== null && publish.id !== this.#blockedBy && publish.first !== true;",
			"publish.id === undefined;",
		),
	},
	{
		rule: "R8",
		without: "what the server may have forgotten is sent again",
		scenario: "2 publishes, a cut, and longer than the server remembers",
		mutations: one(
			"channels/outbox-sends.ts",
			"if (turn.state.queue.some(isAged))",
			"if (turn.state.queue.length < 0)",
		),
	},
	{
		rule: "R8",
		without: "the first send is not stored before it",
		scenario: "a stored publish, 2 deaths, or longer than the server remembers",
		mutations: one(
			"channels/outbox-sends.ts",
			'const isDated = policy.persist === "memory" || publish.firstSentAt !== null;',
			"const isDated = policy !== null;",
		),
	},
	{
		rule: "R8",
		without: "what was once in flight expires",
		scenario: "2 publishes that may expire, a cut",
		mutations: one(
			"channels/outbox-state.ts",
			"if (sentAt !== null || now < expiresAt) return null;",
			"if (now < expiresAt) return null;",
		),
	},
	{
		rule: "R8",
		without: "a rejection after an unanswered send is told as a failure",
		scenario: "a publish to a log that takes its time, a right withdrawn, a cut",
		mutations: one(
			"channels/outbox.ts",
			"rejected.isUnanswered\n",
			"rejected.isUnanswered && turn === null\n",
		),
	},
	{
		rule: "R8",
		without: "an end is told before its record is deleted",
		scenario: "2 stored publishes of a process that dies",
		mutations: one(
			"channels/outbox-state.ts",
			'if (turn.policy.persist === "memory") for',
			"if (turn.policy !== null) for",
		),
	},
	{
		rule: "R8",
		without: "a new link sends before the deletes are flushed",
		scenario: "2 stored publishes, a death, a lost tail",
		mutations: one("channels/outbox-sends.ts", "if (turn.state.ends.length > 0) return false;", ""),
	},
	{
		rule: "R8",
		without: "servers forget ids at once",
		scenario: "2 publishes, 2 cuts and busy logs",
		mutations: one(
			"server/memory-channel.ts",
			"this.#ids = new Remembered(retain.ms + TRANSIT_MS, now);",
			"this.#ids = new Remembered(1, now);",
		),
	},
	{
		rule: "R10",
		without: "stored messages are not told apart by position",
		scenario: "2 messages over 2 links, a log that restarts",
		mutations: one(
			"channels/channel.ts",
			"if (offset <= state.offset) return stay(state);",
			"if (offset <= state.offset) return [state, [deliver(state, at, frame)]];",
		),
	},
	{
		rule: "R10",
		without: "ephemeral messages count from any link",
		scenario: "2 ephemeral messages over 2 links that stay for a while",
		mutations: one("channels/channel.ts", "at.link !== current || isRecent", "isRecent"),
	},
	{
		rule: "R10",
		without: "a channel that does not recover begins anew although a link has answered it",
		scenario: "2 messages to a channel that does not recover, a lost tail",
		mutations: one(
			"channels/channel.ts",
			"state.recover || hasAnswer(state) || (via",
			"state.recover || (via",
		),
	},
	{
		rule: "R11",
		without: "a new process goes on where the old one was, whatever the app had finished with",
		scenario: "2 messages to a process that dies twice",
		mutations: one(
			"../test/model/client.ts",
			"this.seen[this.#ledger.finished - 1]",
			"this.seen.at(-1)",
		),
	},
	{
		rule: "R11",
		without: "what the app says of where to begin is not heard",
		scenario: "2 messages, 2 cuts and crashes",
		mutations: one(
			"channels/channel.ts",
			"if (!state.hasBegun) return state.from;",
			"if (!state.hasBegun) return null;",
		),
	},
];
