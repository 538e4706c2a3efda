/* The page: booted by our own loader, from either CDN or from what an earlier visit kept. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.js";
import { showTheme } from "./app/page-state.js";
import { startPeople } from "./people/people.js";
import "./styles/tokens.css";
import "./styles/frame.css";
import "./styles/footer.css";
import "./styles/users.css";
import "./styles/edge.css";
import "./styles/chart.css";
import "./styles/timeline.css";
import "./styles/menus.css";
import "./styles/narrow.css";

showTheme();
startPeople();
const root = document.getElementById("root");
if (root !== null)
	createRoot(root).render(
		<StrictMode>
			<App />
		</StrictMode>,
	);
// Keeps the HTML, so that the page is there without its server too. Without one it is only not kept.
navigator.serviceWorker?.register("/worker.js").catch(() => undefined);
