// The page's own script, verified before it runs. What was loaded beside it lies in `holdfast.entries`.
const { version, entries } = globalThis.holdfast;
const words = JSON.parse(
	new TextDecoder().decode(entries.find(({ path }) => path === "words.json").body),
);
const sources = new Set(entries.map(({ kept, origin }) => (kept ? words.kept : origin)));
document.getElementById("status").textContent =
	`${words.running} ${version}, ${words.from} ${[...sources].join(", ")}`;

const controls = document.getElementById("controls");
controls.hidden = false;
controls.addEventListener("click", async ({ target }) => {
	if (target.id === "forget") {
		await caches.delete("holdfast");
		localStorage.removeItem("holdfast");
	} else if (target.dataset.fault) {
		await fetch(`/fault?${target.dataset.fault}`, { method: "POST" });
	} else return;
	location.reload();
});

// With it the page is there even when its own server is not.
await navigator.serviceWorker?.register("/worker.js");
