/* What this window is: told by the server with the page, and remembered by the window. */

/** `token`: for the buttons; `endpoints` and `api`: for the client. */
export const run = JSON.parse(document.querySelector('meta[name="playground-run"]').content);

const NAMES = ["Ada", "Lin", "Noor", "Tomás", "Yuki", "Zoë", "Ife", "Mika"];

/** Of this window alone; a reload keeps it. */
function remembered(key, initial) {
	const known = sessionStorage.getItem(key);
	if (known !== null) return known;
	const value = initial();
	sessionStorage.setItem(key, value);
	return value;
}

/** Who this window is to the servers; the name is only what the others read. */
export const windowId = remembered("window", () => `window-${crypto.randomUUID()}`);
export const settings = {
	name: remembered("name", () => NAMES[Math.floor(Math.random() * NAMES.length)]),
	channel: remembered("channel", () => "general"),
	polling: remembered("polling", () => "auto"),
};

export function remember(key, value) {
	settings[key] = value;
	sessionStorage.setItem(key, value);
}

/** The system's choice first; the visitor's, once made, is remembered. */
export function startTheme(button) {
	const system = matchMedia("(prefers-color-scheme: dark)");
	const isDark = () =>
		(document.documentElement.dataset.theme ?? (system.matches ? "dark" : "")) === "dark";
	const chosen = localStorage.getItem("theme");
	if (chosen !== null) document.documentElement.dataset.theme = chosen;
	const show = () => {
		button.textContent = isDark() ? "Light" : "Dark";
	};
	system.addEventListener("change", show);
	button.addEventListener("click", () => {
		const theme = isDark() ? "light" : "dark";
		document.documentElement.dataset.theme = theme;
		localStorage.setItem("theme", theme);
		show();
	});
	show();
}
