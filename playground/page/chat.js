/* A chat as an application would write it: optimistic copies, matched by id when the message comes. */
import { byId } from "./dom.js";
import { newLedger } from "./ledger.js";
import { newGap, newMessage } from "./message.js";
import { remember, settings, windowId } from "./settings.js";

/** Receipts that are news. "stored" is none: the message itself comes too. */
const ENDS = {
	expired: "not sent: it waited too long",
	unknown: "perhaps sent: nobody can say any more",
};

export class Chat {
	#client;
	#list = byId("messages");
	#ledger = newLedger();
	/** What this window has written and not yet seen come back, by id. */
	#copies = new Map();
	#subscription = null;
	#isAtEnd = true;

	constructor(client) {
		this.#client = client;
		this.#startList();
		this.#startForms();
		// Not only our own publishes: an earlier page of this window may have left some in storage.
		client.outbox.subscribe(() => this.#showQueued());
		this.#open();
	}

	#open() {
		this.#subscription?.unsubscribe();
		this.#list.replaceChildren();
		this.#copies.clear();
		this.#ledger.restart();
		this.#subscription = this.#client.subscribe(
			settings.channel,
			(message) => this.#receive(message),
			{ from: { last: 50 }, onGap: ({ missed }) => this.#append(newGap(missed)) },
		);
		this.#showQueued();
	}

	#receive(message) {
		this.#ledger.count(message);
		// The copy stood where it was written; the message stands where everybody sees it.
		this.#copies.get(message.id)?.remove();
		this.#copies.delete(message.id);
		this.#append(newMessage(message));
	}

	#send(text) {
		const id = crypto.randomUUID();
		const data = { name: settings.name, text };
		this.#showCopy({ id, data });
		this.#client.publish(settings.channel, data, { id }).then(
			({ status }) => status in ENDS && this.#mark(id, ENDS[status]),
			(error) => this.#mark(id, `not sent: ${error.message}`),
		);
	}

	#mark(id, words) {
		this.#copies.get(id)?.querySelector(".state").replaceChildren(words);
	}

	#showQueued() {
		for (const entry of this.#client.outbox.get())
			if (entry.channel === settings.channel) this.#showCopy(entry);
	}

	#showCopy({ id, data }) {
		if (this.#copies.has(id)) return;
		const copy = newMessage({ id, data, at: Date.now(), from: windowId }, "sending");
		this.#copies.set(id, copy);
		this.#append(copy);
	}

	#append(item) {
		this.#list.append(item);
		this.#follow();
	}

	/** Who has scrolled up to read is left alone. */
	#follow() {
		if (this.#isAtEnd) this.#list.scrollTop = this.#list.scrollHeight;
	}

	#startList() {
		// What scrolls must be within reach of a keyboard.
		this.#list.tabIndex = 0;
		this.#list.addEventListener("scroll", () => {
			const { scrollHeight, scrollTop, clientHeight } = this.#list;
			this.#isAtEnd = scrollHeight - scrollTop - clientHeight < 40;
		});
		new ResizeObserver(() => this.#follow()).observe(this.#list);
	}

	#startForms() {
		const [text, name, channel] = [byId("text"), byId("name"), byId("channel")];
		name.value = settings.name;
		name.addEventListener("change", () => remember("name", name.value.trim() || "Somebody"));
		channel.value = settings.channel;
		channel.addEventListener("change", () => {
			remember("channel", channel.value);
			this.#open();
		});
		byId("composer").addEventListener("submit", (event) => {
			event.preventDefault();
			const words = text.value.trim();
			if (words !== "") this.#send(words);
			text.value = "";
		});
	}
}
