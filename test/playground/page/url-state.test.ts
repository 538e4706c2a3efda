/* What of the page is in its address. */
import { expect, it } from "vitest";
import { FRESH, readUrl, writeUrl } from "../../../playground/page/app/url-state.js";

const STORIES = ["region-fails", "degraded"];

it("is as usual without anything in the address, and writes nothing then", () => {
	expect(readUrl("", STORIES)).toEqual(FRESH);
	expect(writeUrl(FRESH, "")).toBe("");
});

it("comes back as it was written", () => {
	const state = {
		...FRESH,
		story: "degraded",
		theme: "dark",
		polling: "manual",
		who: "lin",
		view: "inspector",
		talk: "off",
	} as const;
	const search = writeUrl(state, "");
	expect(search).toBe("?story=degraded&theme=dark&polling=manual&who=lin&view=inspector&talk=off");
	expect(readUrl(search, STORIES)).toEqual(state);
});

it("takes what is no value for not there: a story that there is not, another theme", () => {
	expect(readUrl("?story=mars&theme=pink&who=eve&polling=", STORIES)).toEqual(FRESH);
});

it("leaves alone what is not its own", () => {
	expect(writeUrl({ ...FRESH, who: "lin" }, "?utm=x&view=inspector")).toBe("?utm=x&who=lin");
});
