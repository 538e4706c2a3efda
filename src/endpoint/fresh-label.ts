/**
 * A name, or a URL, whose first label is a star gets a random one in its place, so that no cache on the
 * way knows it yet: the zone answers every one of them the same (RFC 4592).
 */
export function withFreshLabel(name: string, random: () => number): string {
	return name.replace(/(^|\/\/)\*\./, (_, start: string) => {
		return `${start}${Math.floor(random() * 36 ** 8).toString(36)}.`;
	});
}
