/* Preloaded: the globals of a page, from the jsdom of this project. */
const { JSDOM } = await import(process.env.JSDOM);
const { window } = new JSDOM("<!doctype html>", { url: "https://app.test/" });
const { document, navigator, HTMLElement } = window;
for (const [name, value] of Object.entries({ window, document, navigator, HTMLElement }))
	Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
