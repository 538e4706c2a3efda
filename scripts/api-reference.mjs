/*
 * Writes the API reference to docs/api from the docstrings, and fails on gaps: an export or a member
 * without a docstring, an option without a default, a public signature that names a private type.
 * `--check` writes nothing.
 */
import { Application, ReflectionKind } from "typedoc";

const isCheck = process.argv.includes("--check");
const app = await Application.bootstrapWithPlugins({
	logLevel: "Warn",
	validation: { notExported: true, invalidLink: true, rewrittenLink: true, notDocumented: false },
});
const project = await app.convert();
if (project === undefined) throw new Error("TypeDoc could not read the sources.");
app.validate(project);

const CONTAINERS = ReflectionKind.Class | ReflectionKind.Interface;
const gaps = new Set();
let documented = 0;

/** A function's docstring lies at its signatures, an accessor's at its getter. */
const commentsOf = (reflection) =>
	[
		reflection,
		...(reflection.signatures ?? []),
		...(reflection.type?.declaration?.signatures ?? []),
		reflection.getSignature,
		reflection.setSignature,
	]
		.map((part) => part?.comment)
		.filter(Boolean);
const hasSummary = (comment) => comment.summary.some(({ text }) => text.trim() !== "");
/** An option's docstring may be its default alone: "@default 3000" beside a good name. */
const hasDefault = (comment) => comment.blockTags.some(({ tag }) => tag.startsWith("@default"));

function checkDocstring(reflection, path) {
	const comments = commentsOf(reflection);
	if (comments.some(hasSummary) || comments.some(hasDefault)) documented += 1;
	else gaps.add(`${path} has no docstring`);
}

/** A policy is given in part: each of its members has a default. Of options, the optional ones. */
function checkDefault(member, owner, path) {
	const isOption =
		owner.name.endsWith("Policy") || (owner.name.endsWith("Options") && member.flags.isOptional);
	const comments = commentsOf(member);
	if (isOption && !comments.some(hasDefault)) gaps.add(`${path} has no @default`);
}

function checkMembers(owner, path) {
	for (const member of owner.children ?? []) {
		// What Error or EventTarget brings along is documented elsewhere.
		if (member.inheritedFrom || member.kind === ReflectionKind.Constructor) continue;
		const memberPath = `${path}.${member.name}`;
		checkDocstring(member, memberPath);
		checkDefault(member, owner, memberPath);
	}
}

function checkExport(reflection, module) {
	if (reflection.kind === ReflectionKind.Reference) return;
	const path = `${module.name}: ${reflection.name}`;
	checkDocstring(reflection, path);
	if (reflection.kind & CONTAINERS) checkMembers(reflection, path);
	else if (reflection.type?.declaration) checkMembers(reflection.type.declaration, path);
}

for (const module of project.children ?? []) {
	for (const reflection of module.children ?? []) checkExport(reflection, module);
}
for (const gap of gaps) console.error(gap);
if (!isCheck) await app.generateOutputs(project);
console.log(`${documented} docstrings, ${gaps.size} gaps`);
process.exitCode = gaps.size > 0 || app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0;
