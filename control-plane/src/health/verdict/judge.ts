// From evidence to verdicts: the one place where they are made.

import {
  type Clock,
  type Closable,
  closeAll,
  type EndpointId,
  type Keyed,
  KeyedCell,
  type Log,
  type Metrics,
  type ServiceName,
  type Timer,
} from "@fairlead/shared";
import type { Safety } from "../../config/index.js";
import type { Confirmations } from "../../records/index.js";
import type { RegisteredService } from "../../registry/index.js";
import type { CallerEvidence, CallerFinding } from "../callers/caller-evidence.js";
import type { Explanation, Health, HealthLedger, HeldRemovals, Verdict } from "../health.js";
import type { Opinions } from "../opinion.js";
import type { Vote, Votes } from "../votes.js";
import { BUDGETS, FleetBrake } from "./brakes.js";
import { type Served, ServiceVerdicts, type Surroundings } from "./service-verdicts.js";
import { measureVerdicts } from "./verdict-metrics.js";
import type { Evidence } from "./weigh.js";

export interface JudgeDeps {
  readonly services: Keyed<ServiceName, RegisteredService>;
  readonly checks: Opinions;
  readonly callers: CallerEvidence;
  readonly votes: Votes;
  /** Operators end what brakes hold of a service. */
  readonly confirmations: Confirmations;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  settingsOf(service: ServiceName): { readonly safety: Safety; readonly slowStartMs?: number };
  /** How callers have it now, as one to call; undefined where they do not. */
  served(service: ServiceName, endpoint: EndpointId): Served | undefined;
}

type Verdicts = ReadonlyMap<EndpointId, Verdict>;

/** Where time alone may change something it is looked at this often. */
const LOOK_AGAIN_MS = 1_000;
/** How long one that was out takes to its whole share, where the service has no slow start of its own. */
const RAMP_MS = 10_000;

export class Judge implements Health, Closable {
  readonly verdicts = new KeyedCell<ServiceName, Verdicts>();
  readonly #deps: JudgeDeps;
  readonly #services = new Map<ServiceName, ServiceVerdicts>();
  readonly #unsettled = new Set<ServiceName>();
  readonly #fleet = new FleetBrake();
  readonly #watches: readonly Closable[];
  #members = 0;
  #wasBraked = false;
  #timer: Timer | undefined;

  constructor(deps: JudgeDeps) {
    this.#deps = deps;
    const judge = (_all: unknown, changed: ReadonlySet<ServiceName>) => this.#judge(changed);
    measureVerdicts(deps.metrics, this);
    this.#watches = [
      deps.checks.opinions.watch(judge),
      deps.callers.services.watch(judge),
      deps.votes.votes.watch(judge),
      deps.confirmations.watch(judge),
    ];
  }

  get held(): ReadonlyMap<ServiceName, HeldRemovals> {
    const { clock, settingsOf } = this.#deps;
    const found = new Map<ServiceName, HeldRemovals>();
    for (const service of this.#unsettled) {
      const held = this.#services.get(service)?.held;
      if (held === undefined) continue;
      const sinceMs = Math.round(clock.wallMs() - (clock.nowMs() - held.sinceMs));
      found.set(service, { ...held, sinceMs, untilMs: sinceMs + (BUDGETS[settingsOf(service).safety]?.heldAtMostMs ?? 0) });
    }
    return found;
  }

  noticedMs(service: ServiceName): number | undefined {
    return this.#deps.checks.noticedMs(service);
  }

  explain(service: ServiceName, endpoint: EndpointId): Explanation | undefined {
    const opinion = this.#deps.checks.detail(service, endpoint);
    const one = this.#services.get(service)?.caseOf(endpoint);
    if (opinion === undefined || one?.verdict === undefined) return undefined;
    const { clock } = this.#deps;
    const { votes, callers } = one.evidence;
    const heldBy =
      one.heldBy === undefined || one.waitingSinceMs === undefined
        ? undefined
        : { brake: one.heldBy, sinceMs: Math.round(clock.wallMs() - (clock.nowMs() - one.waitingSinceMs)) };
    return { verdict: one.verdict, opinion, votes, callers, heldBy, disputed: one.disputed };
  }

  ledger(service: ServiceName): HealthLedger | undefined {
    return this.#services.get(service)?.ledger;
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await closeAll(this.#watches);
  }

  #judge(services: Iterable<ServiceName>): void {
    const braked = this.#fleet.look(this.#deps.clock.nowMs(), this.#members);
    this.verdicts.update(Array.from(services, (service) => [service, this.#verdictsOf(service, braked)]));
    this.#tellBrake();
    if (this.#unsettled.size > 0) this.#timer ??= this.#deps.clock.schedule(LOOK_AGAIN_MS, () => this.#lookAgain());
  }

  #lookAgain(): void {
    this.#timer = undefined;
    this.#judge([...this.#unsettled]);
  }

  /** The service's verdicts now; what did not change keeps its reference, up to the whole map. */
  #verdictsOf(service: ServiceName, braked: boolean): Verdicts | undefined {
    const opinions = this.#deps.checks.opinions.value.get(service);
    const before = this.verdicts.value.get(service);
    this.#members += (opinions?.size ?? 0) - (before?.size ?? 0);
    this.#unsettled.delete(service);
    if (opinions === undefined) {
      this.#services.delete(service);
      return undefined;
    }
    const judged = this.#services.get(service) ?? this.#addService(service);
    const next = judged.pass(this.#surroundings(service, { opinions, braked }));
    if (judged.unsettled) this.#unsettled.add(service);
    return before !== undefined && sameVerdicts(before, next) ? before : next;
  }

  #addService(service: ServiceName): ServiceVerdicts {
    const { clock, checks } = this.#deps;
    const judged = new ServiceVerdicts(clock, {
      probeSoon: (endpoint) => checks.probeSoon(service, endpoint),
      newest: (endpoint) => checks.detail(service, endpoint),
      doubted: () => this.#fleet.noteDoubt(clock.nowMs()),
    });
    this.#services.set(service, judged);
    return judged;
  }

  #surroundings(
    service: ServiceName,
    { opinions, braked }: { readonly opinions: Surroundings["opinions"]; readonly braked: boolean },
  ): Surroundings {
    const { callers, votes, settingsOf, served, services, confirmations } = this.#deps;
    const { safety, slowStartMs } = settingsOf(service);
    const view = callers.services.value.get(service);
    const findings = view?.fleetWide === undefined ? view?.endpoints : undefined;
    const voted = votes.votes.value.get(service);
    const registered = services.value.get(service)?.endpoints;
    return {
      opinions,
      beside: (id) => besideOf(voted?.get(id), findings?.get(id)),
      zoneOf: (id) => registered?.get(id)?.endpoint.zone ?? "",
      served: (id) => served(service, id),
      budget: BUDGETS[safety],
      fleetBraked: braked,
      confirmedAtMs: confirmations.value.get(service)?.saidAtMs,
      rampMs: slowStartMs ?? RAMP_MS,
    };
  }

  #tellBrake(): void {
    const braked = this.#fleet.sinceMs !== undefined;
    if (braked && !this.#wasBraked) this.#deps.log.warn("health-fleet-brake", { because: "so many endpoints are doubted at once" });
    if (!braked && this.#wasBraked) this.#deps.log.info("health-fleet-brake-ended", {});
    this.#wasBraked = braked;
  }
}

/** Our own callers' finding first; else the gravest of those that other checkers heard. */
function besideOf(votes: readonly Vote[] | undefined, own: CallerFinding | undefined): Omit<Evidence, "opinion"> | undefined {
  if (votes === undefined) return own === undefined ? undefined : { votes: [], callers: own };
  const heard = votes.flatMap(({ callers }) => callers ?? []).sort((one, other) => one.share - other.share);
  return { votes, callers: own ?? heard[0] };
}

function sameVerdicts(before: Verdicts, next: Verdicts): boolean {
  if (before.size !== next.size) return false;
  for (const [id, verdict] of next) if (before.get(id) !== verdict) return false;
  return true;
}
