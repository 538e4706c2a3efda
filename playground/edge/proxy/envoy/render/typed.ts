/* Envoy's configuration is protobuf as JSON: these are the shapes that recur. */

export type Json =
	| string
	| number
	| boolean
	| null
	| readonly Json[]
	| { readonly [name: string]: Json | undefined };

const EXTENSIONS = "type.googleapis.com/envoy.extensions.";

/** `type`: without what all extensions begin with. */
export function typed(type: string, fields: { readonly [name: string]: Json } = {}): Json {
	return { "@type": `${EXTENSIONS}${type}`, ...fields };
}

export const seconds = (ms: number): string => `${ms / 1_000}s`;

export const address = ({
	host,
	port,
}: {
	readonly host: string;
	readonly port: number;
}): Json => ({
	socket_address: { address: host, port_value: port },
});

/** One text for a file: the same model gives the same bytes. */
export const toText = (json: Json): string => `${JSON.stringify(json, null, "\t")}\n`;
