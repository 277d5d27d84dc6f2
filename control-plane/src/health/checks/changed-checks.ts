// A changed check is tried before it decides: it probes beside the old one, and takes over when it would not take out more than doubtful
// evidence may. A wrong path in a configuration is no outage.

import {
  Cell,
  type Clock,
  type Closable,
  closeAll,
  type EndpointId,
  type Keyed,
  KeyedCell,
  type Log,
  type Metrics,
  newMetrics,
  type Rng,
  type ServiceName,
  type Timer,
  type Watchable,
} from "@fairlead/shared";
import type { CheckSettings, Safety } from "../../config/index.js";
import type { Confirmations } from "../../records/index.js";
import type { RegisteredService } from "../../registry/index.js";
import type { Opinion } from "../opinion.js";
import { BUDGETS, mayLeaveAtOnce } from "../verdict/brakes.js";
import { newChecker, sameCheck } from "./checker.js";
import type { ActiveCheck, Probe } from "./probe.js";

/** Intervals of the new check for which it is tried at least. */
const TRIAL_INTERVALS = 2;
/** Endpoints that are named of those it would take out. */
const NAMED_MAX = 10;

/** A check that was changed and does not decide yet. */
export interface CheckChange {
  /** Wall times: since when it is tried, and until when at least. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Its trial is over, and it would take out too many: the old one decides until the configuration is mended or an operator confirms. */
  readonly held: boolean;
  readonly wouldTakeOut: number;
  readonly of: number;
  /** The first of them. */
  readonly endpoints: readonly EndpointId[];
}

export interface ChangedChecksDeps {
  readonly services: Keyed<ServiceName, RegisteredService>;
  readonly confirmations: Confirmations;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What is configured now. */
  readonly settingsOf: (service: ServiceName) => { readonly check: CheckSettings; readonly safety: Safety };
  /** What the check that decides thinks. */
  readonly opinionsOf: (service: ServiceName) => ReadonlyMap<EndpointId, Opinion> | undefined;
}

interface Trial {
  readonly next: ActiveCheck;
  readonly startedMs: number;
  readonly sinceMs: number;
  held: boolean;
}

/** What nobody hears: a trial's opinions are reported as a whole. */
function silentLog(log: Log): Log {
  const nothing = () => undefined;
  const silent: Log = { ...log, debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };
  return silent;
}

export class ChangedChecks implements Closable {
  /** The checks that decide. */
  readonly inForce: Watchable<(service: ServiceName) => CheckSettings>;
  readonly #inForce: Cell<(service: ServiceName) => CheckSettings>;
  readonly #deps: ChangedChecksDeps;
  readonly #decides = new Map<ServiceName, CheckSettings>();
  readonly #trials = new Map<ServiceName, Trial>();
  readonly #tried = new KeyedCell<ServiceName, RegisteredService>();
  readonly #shadowChecks: Cell<(service: ServiceName) => CheckSettings>;
  readonly #shadow: ReturnType<typeof newChecker>;
  readonly #watches: readonly Closable[];
  #timer: Timer | undefined;

  constructor(deps: ChangedChecksDeps) {
    this.#deps = deps;
    const check = (service: ServiceName) => this.#decides.get(service) ?? deps.settingsOf(service).check;
    this.#inForce = new Cell(check);
    this.inForce = this.#inForce;
    this.#shadowChecks = new Cell((service) => this.#trials.get(service)?.next ?? { type: "none" });
    const { clock, rng, probe, log } = deps;
    this.#shadow = newChecker({
      services: this.#tried,
      checks: this.#shadowChecks,
      clock,
      rng,
      probe,
      log: silentLog(log),
      metrics: newMetrics(),
    });
    deps.metrics.sampled(
      "gauge",
      { name: "health_check_changes_held", help: "Services whose changed check would take out too many." },
      () => [{ labels: {}, value: [...this.#trials.values()].filter(({ held }) => held).length }],
    );
    this.#watches = [
      deps.services.watch((services, names) => this.#follow(services, names)),
      deps.confirmations.watch((all, names) => {
        for (const name of names)
          if ((all.get(name)?.saidAtMs ?? -1) >= (this.#trials.get(name)?.startedMs ?? Number.POSITIVE_INFINITY)) this.#takeOver(name);
      }),
    ];
  }

  /** Changes that do not decide yet. */
  get changes(): ReadonlyMap<ServiceName, CheckChange> {
    return new Map([...this.#trials].map(([service, trial]) => [service, this.#changeOf(service, trial)]));
  }

  /** The configuration changed. */
  configure(): void {
    for (const [service, before] of this.#decides) {
      const { check } = this.#deps.settingsOf(service);
      if (sameCheck(this.#trials.get(service)?.next ?? before, check)) continue;
      this.#end(service);
      // Where nothing was checked nobody has a verdict to lose, and where nothing will be nobody loses one.
      if (sameCheck(before, check)) continue;
      if (before.type === "none" || check.type === "none" || check.now === true) this.#decides.set(service, check);
      else this.#begin(service, check);
    }
    this.#tell();
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await closeAll([...this.#watches, this.#shadow]);
  }

  #follow(services: ReadonlyMap<ServiceName, RegisteredService>, names: ReadonlySet<ServiceName>): void {
    for (const name of names) {
      const service = services.get(name);
      if (service === undefined) {
        this.#end(name);
        this.#decides.delete(name);
      } else if (!this.#decides.has(name)) this.#decides.set(name, this.#deps.settingsOf(name).check);
      else if (this.#trials.has(name)) this.#tried.update([[name, service]]);
    }
  }

  #begin(service: ServiceName, next: ActiveCheck): void {
    const { clock, log, services } = this.#deps;
    this.#trials.set(service, { next, startedMs: clock.nowMs(), sinceMs: clock.wallMs(), held: false });
    this.#tried.update([[service, services.value.get(service)]]);
    log.info("check-change-tried", { service });
    this.#timer ??= clock.schedule(Math.min(...[...this.#trials.values()].map((trial) => trial.next.intervalMs)), () => this.#look());
  }

  #end(service: ServiceName): void {
    if (this.#trials.delete(service)) this.#tried.update([[service, undefined]]);
  }

  #takeOver(service: ServiceName): void {
    const trial = this.#trials.get(service);
    if (trial === undefined) return;
    this.#end(service);
    this.#decides.set(service, trial.next);
    this.#deps.log.info("check-change-decides", { service });
    this.#tell();
  }

  #look(): void {
    const { clock, log, settingsOf } = this.#deps;
    this.#timer = undefined;
    for (const [service, trial] of this.#trials) {
      if (clock.nowMs() - trial.startedMs < TRIAL_INTERVALS * trial.next.intervalMs) continue;
      const { wouldTakeOut, of } = this.#changeOf(service, trial);
      const budget = BUDGETS[settingsOf(service).safety];
      if (budget === undefined || wouldTakeOut <= mayLeaveAtOnce(budget, of)) this.#takeOver(service);
      else if (!trial.held) {
        trial.held = true;
        log.warn("check-change-held", { service, wouldTakeOut, of });
      }
    }
    const intervals = [...this.#trials.values()].map(({ next }) => next.intervalMs);
    if (intervals.length > 0) this.#timer = clock.schedule(Math.min(...intervals), () => this.#look());
  }

  /** Whom the new check would take out: those it finds unhealthy and the old one does not. */
  #changeOf(service: ServiceName, { next, sinceMs, held }: Trial): CheckChange {
    const deciding = this.#deps.opinionsOf(service);
    const found = this.#shadow.opinions.value.get(service) ?? new Map<EndpointId, Opinion>();
    const lost = [...found]
      .filter(([id, { status }]) => status === "unhealthy" && deciding?.get(id)?.status !== "unhealthy")
      .map(([id]) => id);
    const untilMs = sinceMs + TRIAL_INTERVALS * next.intervalMs;
    return { sinceMs, untilMs, held, wouldTakeOut: lost.length, of: deciding?.size ?? found.size, endpoints: lost.slice(0, NAMED_MAX) };
  }

  #tell(): void {
    const { settingsOf } = this.#deps;
    this.#inForce.set((service) => this.#decides.get(service) ?? settingsOf(service).check);
    this.#shadowChecks.set((service) => this.#trials.get(service)?.next ?? { type: "none" });
  }
}
