/* What a user with a bundler writes for a page: no types of Node's are there. */
import { type Banner, createClient, type Message } from "holdfast";
import { type AssetManifest, createAssetLoader, holdOnAssetTrouble } from "holdfast/assets";
import { bootHash, bootTag } from "holdfast/boot";

const client = createClient<{ general: string }>({ endpoints: ["wss://a.example"] });
client.banner.subscribe((banner: Banner | null) => {
	document.title = banner?.kind ?? "";
});
client.subscribe("general", (message: Message<string>) => {
	document.body.append(message.data);
});
export const state = client.connection.get().status;

const manifest: AssetManifest = { version: "1", entries: [] };
const loader = createAssetLoader({ origins: ["https://cdn.example"], manifest });
holdOnAssetTrouble(loader, client.degraded);
export const tag = [bootTag({ origins: ["https://cdn.example"], manifest }), bootHash] as const;
