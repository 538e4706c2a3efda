import type { Tabs } from "../runtime/runtime.js";
import { groupName, groupText } from "../share/group.js";
import { FILTERS } from "./settings.js";
import type { Shell } from "./shell.js";
import { NAME, VERSION } from "./version.js";

/** The name that tabs which may share have in common, and no others. Rejects where no token comes. */
export async function nameGroup({ settings, token }: Shell, tabs: Tabs): Promise<string> {
	const { endpoints, api, filters, reconnect, heartbeat, degraded, outbox } = settings;
	// The app says who it is, or else the token does: it may differ for one user, never agree for two.
	const isVouched = Boolean(outbox.namespace);
	const known = isVouched ? null : await token.get(null);
	const text = groupText({
		version: `${NAME} ${VERSION}`,
		endpoints,
		api,
		filters: filters === FILTERS ? [] : filters.map(String),
		policies: [reconnect, heartbeat, degraded, outbox],
		tokenDigest: known === null ? null : await tabs.digest(known),
	});
	return groupName(await tabs.digest(text));
}
