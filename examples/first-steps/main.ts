import { createClient } from "holdfast";

interface Channels {
	general: { text: string };
}

const client = createClient<Channels>({
	endpoints: ["ws://127.0.0.1:8080/realtime", "ws://127.0.0.1:8081/realtime"],
	api: "http://127.0.0.1:8080/realtime",
	getToken: async () => "ada",
});
client.subscribe("general", ({ from, data }) => console.log(`${from}: ${data.text}`));
client.banner.subscribe((banner) => console.log(banner?.kind ?? "all is well"));
const receipt = await client.publish("general", { text: "hello" });
console.log(receipt.status);
