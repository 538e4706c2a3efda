/* What the app sees: public values, computed from the machines, with wall time for monotonic time. */
import { type ConnectionState, project } from "../connection/projection.js";
import * as bannerMachine from "../degraded/banner.js";
import type { BannerView } from "../degraded/contract.js";
import { modeOf, pendingOf } from "../degraded/mode.js";
import type { NameStatus } from "../dns/contract.js";
import type { DegradedPolicy } from "../policy/policies.js";
import { Cell, type Report } from "../reactive/readable.js";
import type { Banner, ClientStats, EndpointStatus, ServiceMode } from "./client.js";
import { type Definition, Machine, type World } from "./machine.js";
import type { Mirrored, Shell, ShownKeeping } from "./shell.js";

const NO_NAME: NameStatus = { dns: null, address: null };
const NORMAL: ServiceMode = { mode: "normal" };
/** By less the wall clock was not set: its ticks are whole milliseconds, and both clocks drift. */
const CLOCK_STEP_MS = 100;

const BANNER: Definition<Shown, bannerMachine.BannerState, bannerMachine.BannerInput, never> = {
	name: "banner",
	transition: (state, input, moment, { policy }) =>
		bannerMachine.transition(state, input, policy, moment),
	dueAt: bannerMachine.dueAt,
	perform: () => undefined,
	changed: (shown, state) => shown.showBanner(state),
};

export class Shown implements ShownKeeping {
	readonly connection: Cell<ConnectionState>;
	readonly mode: Cell<ServiceMode>;
	readonly banner: Cell<Banner | null>;
	readonly #shell: Shell;
	readonly #report: Report;
	/** Made when first asked for: most clients are never asked. */
	#endpointsCell: Cell<readonly EndpointStatus[]> | null = null;
	#statsCell: Cell<ClientStats> | null = null;
	#offsetMs = Number.NaN;
	#mirrored: Mirrored | null = null;
	readonly #banner: Machine<bannerMachine.BannerState, bannerMachine.BannerInput, never, Shown>;

	constructor(shell: Shell, world: World) {
		const { report } = world;
		this.#shell = shell;
		this.connection = new Cell<ConnectionState>({ status: "idle" }, report);
		this.mode = new Cell<ServiceMode>(NORMAL, report);
		this.banner = new Cell<Banner | null>(null, report);
		this.#report = report;
		this.#banner = new Machine(bannerMachine.initialBanner(), BANNER, this, world);
	}

	get endpoints(): Cell<readonly EndpointStatus[]> {
		this.#endpointsCell ??= new Cell(this.#endpoints(), this.#report);
		return this.#endpointsCell;
	}

	/** In step with every figure as of now; a new object only when one of them has changed. */
	get stats(): Cell<ClientStats> {
		const next = this.#stats();
		this.#statsCell ??= new Cell(next, this.#report);
		if (!isSame(this.#statsCell.get(), next)) this.#statsCell.set(next);
		return this.#statsCell;
	}

	get policy(): DegradedPolicy {
		return this.#shell.settings.degraded;
	}

	/** After a change of the connection machine. */
	updateConnection(): void {
		const { lastReport } = this.#shell;
		const next = this.#mirrored?.connection ?? this.#own();
		const from = this.connection.get();
		if (isSame(from, next)) return;
		this.connection.set(next);
		const { reason, endpoint, dialId } = lastReport;
		// That the missed messages have come, or a new latency, is news of the same connection.
		const isSameLink =
			from.status === "connected" && next.status === "connected" && from.since === next.since;
		if (!isSameLink)
			this.#shell.events.emit("transition", { from, to: next, reason, endpoint, dialId });
		this.updateEndpoints();
		if (this.#statsCell !== null) void this.stats;
	}

	mirror(seen: Mirrored | null): void {
		this.#mirrored = seen;
		this.updateConnection();
		this.updateMode();
		this.updateBanner();
	}

	/** Until there is more to say of whose connection it will be. */
	showConnecting(): void {
		const { settings, runtime } = this.#shell;
		const endpoint = settings.endpoints[0]?.url ?? "";
		const since = runtime.clock.now();
		const connection = { status: "connecting", attempt: 0, endpoint, since } as const;
		this.mirror({ connection, mode: this.mode.get() });
	}

	#own(): ConnectionState {
		const { connection, links } = this.#shell;
		const link = links.live;
		return project(connection.state, {
			offsetMs: this.#offset(),
			recovered: link?.recovered ?? false,
			latencyMs: link?.latencyMs ?? null,
		});
	}

	/** After a change of what is known of names, too. */
	updateEndpoints(): void {
		this.#endpointsCell?.set(this.#endpoints());
	}

	updateMode(): void {
		if (this.#mirrored !== null) {
			const { mode } = this.#mirrored;
			if (!isSame(this.mode.get(), mode)) this.mode.set(mode);
			return;
		}
		const { mode, since, reasons } = modeOf(this.#shell.mode.state);
		if (mode === "normal") return this.mode.set(NORMAL);
		const next = { mode, since: Math.round(since + this.#offset()), reasons };
		if (!isSame(this.mode.get(), next)) this.mode.set(next);
	}

	updateBanner(): void {
		const state = this.connection.get();
		const retryAt = state.status === "reconnecting" ? state.retryAt : null;
		const view: BannerView = {
			status: state.status,
			mode: this.mode.get().mode,
			retryAt: retryAt === null ? null : retryAt - this.#offset(),
			pending: pendingOf(this.#shell.mode.state),
		};
		this.#banner.send({ type: "seen", view });
	}

	stop(): void {
		this.#banner.stop();
	}

	showBanner(state: bannerMachine.BannerState): void {
		this.banner.set(this.#toBanner(state));
	}

	#toBanner(state: bannerMachine.BannerState): Banner | null {
		const shown = bannerMachine.shown(state);
		if (shown === null) return null;
		const offsetMs = this.#offset();
		const { settings } = this.#shell;
		const isManual = settings.degraded.polling === "manual" && settings.api.length > 0;
		const retry = (): void => this.#shell.reconnect("banner");
		return {
			...shown,
			since: Math.round(shown.since + offsetMs),
			retryAt: shown.retryAt === null ? null : Math.round(shown.retryAt + offsetMs),
			actions: {
				dismiss: () => this.#banner.send({ type: "dismissed" }),
				...(shown.kind === "restored" ? {} : { retry }),
				...(isManual && shown.kind !== "restored"
					? { loadMore: () => this.#shell.loadMore() }
					: {}),
			},
		};
	}

	#endpoints(): readonly EndpointStatus[] {
		const offsetMs = this.#offset();
		const toWall = (at: number | null): number | null =>
			at === null ? null : Math.round(at + offsetMs);
		return this.#shell.connection.state.candidates.map((candidate) => ({
			...candidate,
			ejectedUntil: toWall(candidate.ejectedUntil),
			lastGoodAt: toWall(candidate.lastGoodAt),
			...this.#name(candidate.endpoint.url),
		}));
	}

	/** The address is that of the live link alone. */
	#name(url: string): NameStatus {
		const { names, links } = this.#shell;
		const { dns, address } = names?.status(url) ?? NO_NAME;
		return { dns, address: links.live?.endpoint.url === url ? address : null };
	}

	#stats(): ClientStats {
		const { counts, publisher, links } = this.#shell;
		return { ...counts, outbox: publisher.size, latencyMs: links.live?.latencyMs ?? null };
	}

	/** Wall time − monotonic time: kept while it holds, or two clocks' ticks make every instant new. */
	#offset(): number {
		const { clock } = this.#shell.runtime;
		const offsetMs = clock.now() - clock.monotonic();
		if (!(Math.abs(offsetMs - this.#offsetMs) < CLOCK_STEP_MS)) this.#offsetMs = offsetMs;
		return this.#offsetMs;
	}
}

/** Whether two flat records show the same. */
function isSame(a: object, b: object): boolean {
	const [left, right] = [Object.entries(a), Object.entries(b)];
	return (
		left.length === right.length &&
		right.every(([key, value]) => isSameValue((a as Record<string, unknown>)[key], value))
	);
}

function isSameValue(a: unknown, b: unknown): boolean {
	if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
	return a.length === b.length && a.every((item, index) => Object.is(item, b[index]));
}
