/* A listener's certificate for Envoy, by reference: to change it, write new files and replace this one. */
import { toText } from "./typed.js";

/** Paths need a slash, and `--mode validate` does not say so. */
export interface SecretFiles {
	readonly certificate: string;
	readonly key: string;
}

export function renderSecret({ certificate, key }: SecretFiles): string {
	return toText({
		resources: [
			{
				"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
				name: "edge",
				tls_certificate: {
					certificate_chain: { filename: certificate },
					private_key: { filename: key },
				},
			},
		],
	});
}
