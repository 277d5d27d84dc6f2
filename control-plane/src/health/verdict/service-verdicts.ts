// The verdicts of one service: what each endpoint's evidence asks for, and how much of it is done at once.

import type { Clock, EndpointId } from "@fairlead/shared";
import type { Ramp, Verdict } from "../health.js";
import type { Opinion } from "../opinion.js";
import {
  BRAKE_SAYS,
  type Brake,
  type Budget,
  isZoneDoubted,
  mayBeOut,
  mayLeaveAtOnce,
  mayLeavePerMinute,
  RATE_WINDOW_MS,
} from "./brakes.js";
import { Ledger } from "./ledger.js";
import { type Evidence, type Weighed, weigh } from "./weigh.js";

/** How long most callers have to fail with an endpoint at its lowest weight before it leaves by their word alone. */
const FLOOR_FOR_MS = 3_000;
/** How long it then stays out, doubled each time within `CALLERS_FORGET_MS`. */
const CALLERS_OUT_MS = 30_000;
const CALLERS_OUT_MAX_MS = 300_000;
const CALLERS_FORGET_MS = 600_000;

/** What the service's verdicts ask of the others. */
export interface Hooks {
  probeSoon(endpoint: EndpointId): void;
  /** The newest result included, of which opinions do not tell while it changes nothing. */
  newest(endpoint: EndpointId): Opinion | undefined;
  /** One more endpoint is doubted by one witness alone. */
  doubted(): void;
}

/** What callers were told of an endpoint. */
export interface Served {
  readonly ramp?: Ramp;
}

/** What is known of a service when its verdicts are made. */
export interface Surroundings {
  readonly opinions: ReadonlyMap<EndpointId, Opinion>;
  /** Undefined where nobody but our checker says anything. */
  beside(endpoint: EndpointId): Omit<Evidence, "opinion"> | undefined;
  zoneOf(endpoint: EndpointId): string;
  /** How callers have it, as one to call; undefined where they do not: what they do not have cannot be taken from them. */
  served(endpoint: EndpointId): Served | undefined;
  readonly budget: Budget | undefined;
  readonly fleetBraked: boolean;
  /** Monotonic time of an operator's last word: what was held before it goes. */
  readonly confirmedAtMs: number | undefined;
  readonly rampMs: number;
}

type Leaving = Extract<Weighed, { readonly kind: "leave" }>;
type Staying = Extract<Weighed, { readonly kind: "stay" }>;
const ALONE: Omit<Evidence, "opinion"> = { votes: [], callers: undefined };

/** One that would leave, and on whose leaving the brakes have a say. */
interface Waiting {
  readonly id: EndpointId;
  readonly one: Case;
  readonly leaving: Leaving;
  readonly zone: string;
}

/** What is kept of one endpoint between passes. All times but the verdict's are monotonic. */
interface Case {
  evidence: Evidence;
  verdict: Verdict | undefined;
  disputed: boolean;
  /** Since when it would leave and is kept, and by what. */
  waitingSinceMs: number | undefined;
  heldBy: Brake | undefined;
  floorSinceMs: number | undefined;
  /** Taken out by callers' word alone: until when, and how often. */
  callersOut: { untilMs: number; times: number; lastMs: number; because: string; isOut: boolean } | undefined;
}

export class ServiceVerdicts {
  readonly ledger = new Ledger();
  readonly #clock: Clock;
  readonly #hooks: Hooks;
  readonly #cases = new Map<EndpointId, Case>();
  /** Whether time alone may change something: somebody waits, recovers or ramps. */
  #unsettled = false;

  constructor(clock: Clock, hooks: Hooks) {
    this.#clock = clock;
    this.#hooks = hooks;
  }

  get unsettled(): boolean {
    return this.#unsettled;
  }

  caseOf(endpoint: EndpointId): Readonly<Case> | undefined {
    return this.#cases.get(endpoint);
  }

  /** Removals held now: how many, by which brake first, since when (monotonic). */
  get held(): { readonly brake: Brake; readonly count: number; readonly sinceMs: number } | undefined {
    let first: { brake: Brake; count: number; sinceMs: number } | undefined;
    for (const { heldBy, waitingSinceMs } of this.#cases.values()) {
      if (heldBy === undefined || waitingSinceMs === undefined) continue;
      if (first === undefined) first = { brake: heldBy, count: 1, sinceMs: waitingSinceMs };
      else
        first = {
          brake: waitingSinceMs < first.sinceMs ? heldBy : first.brake,
          count: first.count + 1,
          sinceMs: Math.min(first.sinceMs, waitingSinceMs),
        };
    }
    return first;
  }

  /** @returns the verdicts now; those that did not change keep their reference */
  pass(surroundings: Surroundings): ReadonlyMap<EndpointId, Verdict> {
    const { opinions, budget } = surroundings;
    this.#forget(opinions);
    this.#unsettled = false;
    const waiting: Waiting[] = [];
    const verdicts = new Map<EndpointId, Verdict>();
    for (const [id, opinion] of opinions) {
      const beside = surroundings.beside(id);
      const known = this.#cases.get(id);
      // Of a large service one endpoint changed: about the others nothing has to be weighed again.
      if (known !== undefined && beside === undefined && isCalm(known, opinion)) continue;
      const one = this.#caseOf(id, { ...(beside ?? ALONE), opinion });
      const weighed = this.#withPatience(id, one, weigh(one.evidence));
      if (weighed.kind === "stay") this.#stays(id, one, { weighed, surroundings });
      else if (one.verdict?.status === "unhealthy") this.#staysOut(id, one, weighed);
      else if (budget === undefined || weighed.on === "answer" || surroundings.served(id) === undefined)
        this.#leaves(id, one, { leaving: weighed, spent: false, served: surroundings.served(id) !== undefined });
      else waiting.push({ id, one, leaving: weighed, zone: surroundings.zoneOf(id) });
    }
    if (budget !== undefined) this.#ration(waiting, surroundings, budget);
    for (const id of opinions.keys()) {
      const verdict = this.#cases.get(id)?.verdict;
      if (verdict !== undefined) verdicts.set(id, verdict);
    }
    return verdicts;
  }

  #forget(opinions: Surroundings["opinions"]): void {
    for (const id of this.#cases.keys()) {
      if (opinions.has(id)) continue;
      this.#cases.delete(id);
      this.ledger.unregistered(id, this.#clock.wallMs());
    }
  }

  #caseOf(id: EndpointId, evidence: Evidence): Case {
    let one = this.#cases.get(id);
    if (one === undefined) {
      one = {
        evidence,
        verdict: undefined,
        disputed: false,
        waitingSinceMs: undefined,
        heldBy: undefined,
        floorSinceMs: undefined,
        callersOut: undefined,
      };
      this.#cases.set(id, one);
    }
    one.evidence = evidence;
    return one;
  }

  /** What callers alone say acts in steps: less weight and a check out of turn first, out when that does not help, and back by a check. */
  #withPatience(id: EndpointId, one: Case, weighed: Weighed): Weighed {
    const nowMs = this.#clock.nowMs();
    if (weighed.kind === "leave") {
      one.floorSinceMs = undefined;
      return weighed;
    }
    const out = one.callersOut;
    if (out?.isOut === true) {
      this.#unsettled = true;
      const leave = { kind: "leave", on: "one-witness", evidence: "complaint", because: out.because } as const;
      if (nowMs < out.untilMs) return leave;
      if (!passedSince(this.#hooks.newest(id), this.#clock.wallMs() - (nowMs - out.untilMs))) {
        this.#hooks.probeSoon(id);
        return leave;
      }
      out.isOut = false;
      out.lastMs = nowMs;
      return weighed;
    }
    if (weighed.disputed || one.evidence.callers !== undefined) this.#hooks.probeSoon(id);
    if (!weighed.atFloor) {
      one.floorSinceMs = undefined;
      return weighed;
    }
    one.floorSinceMs ??= nowMs;
    this.#unsettled = true;
    if (nowMs - one.floorSinceMs < FLOOR_FOR_MS) return weighed;
    return { kind: "leave", on: "one-witness", evidence: "complaint", because: weighed.because };
  }

  #stays(id: EndpointId, one: Case, { weighed, surroundings }: { readonly weighed: Staying; readonly surroundings: Surroundings }): void {
    const { rampMs, opinions } = surroundings;
    const wallMs = this.#clock.wallMs();
    one.waitingSinceMs = undefined;
    one.heldBy = undefined;
    one.disputed = weighed.disputed;
    // What was recorded before this process started goes on.
    let ramp = one.verdict === undefined ? surroundings.served(id)?.ramp : one.verdict.ramp;
    const othersServe = this.ledger.sums.outNow < opinions.size;
    if (this.ledger.isOut(id) && othersServe && rampMs > 0) ramp = { startMs: wallMs, ms: rampMs, step: 0.25 };
    if (ramp !== undefined) ramp = rampAt(ramp, wallMs);
    if (ramp !== undefined) this.#unsettled = true;
    this.ledger.returned(id, wallMs);
    const { status, because, share } = weighed;
    this.#say(one, { status, because, refusing: false, share, ramp, untilMs: ramp === undefined ? undefined : ramp.startMs + ramp.ms });
  }

  #staysOut(id: EndpointId, one: Case, leaving: Leaving): void {
    if (leaving.on !== "one-witness") this.ledger.free(id);
    this.#out(one, leaving);
  }

  #leaves(
    id: EndpointId,
    one: Case,
    { leaving, spent, served }: { readonly leaving: Leaving; readonly spent: boolean; readonly served: boolean },
  ): void {
    const { on, evidence, because } = leaving;
    const nowMs = this.#clock.nowMs();
    if (served) this.ledger.left(id, { on, evidence, spent, atMs: this.#clock.wallMs(), nowMs });
    const callersAlone =
      on === "one-witness" &&
      one.evidence.opinion.status !== "unhealthy" &&
      one.evidence.votes.every(({ status }) => status !== "unhealthy");
    if (callersAlone) {
      const before = one.callersOut;
      const times = before === undefined || nowMs - before.lastMs > CALLERS_FORGET_MS ? 1 : before.times + 1;
      const forMs = Math.min(CALLERS_OUT_MAX_MS, CALLERS_OUT_MS * 2 ** (times - 1));
      one.callersOut = { untilMs: nowMs + forMs, times, lastMs: nowMs, because, isOut: true };
      this.#unsettled = true;
    }
    this.#out(one, leaving);
  }

  #out(one: Case, { on, because }: Leaving): void {
    one.waitingSinceMs = undefined;
    one.heldBy = undefined;
    one.floorSinceMs = undefined;
    one.disputed = false;
    const { callersOut } = one;
    const leftMs = callersOut?.isOut === true ? callersOut.untilMs - this.#clock.nowMs() : 0;
    const untilMs = leftMs > 0 ? Math.round(this.#clock.wallMs() + leftMs) : undefined;
    this.#say(one, { status: "unhealthy", because, refusing: on === "answer", share: 1, ramp: undefined, untilMs });
  }

  /** Lets as many leave as the brakes allow: what two witnesses saw first, then who has waited longest. */
  #ration(waiting: readonly Waiting[], surroundings: Surroundings, budget: Budget): void {
    if (waiting.length === 0) return;
    const nowMs = this.#clock.nowMs();
    for (const { one, leaving } of waiting) {
      if (one.waitingSinceMs !== undefined) continue;
      one.waitingSinceMs = nowMs;
      if (leaving.on === "one-witness") this.#hooks.doubted();
    }
    const zones = this.#doubtedZones(waiting, surroundings);
    const turn = [...waiting].sort(
      (a, b) =>
        Number(a.leaving.on === "one-witness") - Number(b.leaving.on === "one-witness") ||
        (a.one.waitingSinceMs ?? 0) - (b.one.waitingSinceMs ?? 0) ||
        (a.id < b.id ? -1 : 1),
    );
    for (const { id, one, leaving, zone } of turn) {
      const sinceMs = one.waitingSinceMs ?? nowMs;
      const confirmed = surroundings.confirmedAtMs !== undefined && surroundings.confirmedAtMs >= sinceMs;
      const overdue = nowMs - sinceMs >= budget.heldAtMostMs;
      const brake = confirmed || overdue ? undefined : this.#brakeOn(leaving, { surroundings, budget, zoneDoubted: zones.has(zone) });
      if (brake === undefined) this.#leaves(id, one, { leaving, spent: leaving.on === "one-witness", served: true });
      else this.#hold(id, one, { leaving, brake, untilMs: sinceMs + budget.heldAtMostMs });
    }
  }

  #doubtedZones(waiting: readonly Waiting[], { opinions, zoneOf }: Surroundings): ReadonlySet<string> {
    const doubted = new Map<string, number>();
    for (const { leaving, zone } of waiting) if (leaving.on === "one-witness") doubted.set(zone, (doubted.get(zone) ?? 0) + 1);
    const sizes = new Map<string, number>();
    if (doubted.size > 0) for (const id of opinions.keys()) sizes.set(zoneOf(id), (sizes.get(zoneOf(id)) ?? 0) + 1);
    // A service that stands in one zone alone has its own guards.
    return new Set(
      [...doubted].filter(([zone, count]) => sizes.size > 1 && isZoneDoubted(count, sizes.get(zone) ?? 0)).map(([zone]) => zone),
    );
  }

  #brakeOn(
    { on }: Leaving,
    { surroundings, budget, zoneDoubted }: { readonly surroundings: Surroundings; readonly budget: Budget; readonly zoneDoubted: boolean },
  ): Brake | undefined {
    const members = surroundings.opinions.size;
    if (on === "one-witness") {
      if (surroundings.fleetBraked) return "fleet";
      if (zoneDoubted) return "zone";
      if (this.ledger.spentNow >= mayLeaveAtOnce(budget, members)) return "at-once";
      if (this.ledger.spentAfter(this.#clock.nowMs() - RATE_WINDOW_MS) >= mayLeavePerMinute(budget, members)) return "rate";
    }
    let out = 0;
    for (const { verdict } of this.#cases.values()) if (verdict?.status === "unhealthy") out += 1;
    return out >= mayBeOut(members) ? "panic" : undefined;
  }

  #hold(
    id: EndpointId,
    one: Case,
    { leaving, brake, untilMs }: { readonly leaving: Leaving; readonly brake: Brake; readonly untilMs: number },
  ): void {
    const { on, evidence, because } = leaving;
    const wallMs = this.#clock.wallMs();
    if (one.heldBy !== brake) this.ledger.held(id, { on, evidence, brake, atMs: wallMs });
    one.heldBy = brake;
    this.#unsettled = true;
    const status = one.verdict?.status === "healthy" ? "healthy" : "unknown";
    const endsMs = Math.round(wallMs + untilMs - this.#clock.nowMs());
    this.#say(one, {
      status,
      because: `${because}; it is kept: ${BRAKE_SAYS[brake]}`,
      refusing: false,
      share: one.verdict?.share ?? 1,
      ramp: one.verdict?.ramp,
      untilMs: endsMs,
    });
  }

  #say(one: Case, next: Omit<Verdict, "sinceMs">): void {
    const was = one.verdict;
    const { opinion } = one.evidence;
    const sinceMs =
      was !== undefined && was.status === next.status
        ? was.sinceMs
        : opinion.status === next.status
          ? opinion.sinceMs
          : this.#clock.wallMs();
    if (was === undefined || !same(was, next)) one.verdict = { ...next, sinceMs };
  }
}

/** Nothing about it can have changed: the same opinion, nobody else with a word, no clock of its own. */
function isCalm({ evidence, verdict, waitingSinceMs, floorSinceMs, callersOut }: Case, opinion: Opinion): boolean {
  if (evidence.opinion !== opinion || evidence.votes.length > 0 || evidence.callers !== undefined) return false;
  return (
    verdict !== undefined &&
    verdict.ramp === undefined &&
    waitingSinceMs === undefined &&
    floorSinceMs === undefined &&
    callersOut?.isOut !== true
  );
}

/** Whether a check passed since then (wall time); where nothing is checked there is nothing to wait for. */
function passedSince(opinion: Opinion | undefined, sinceMs: number): boolean {
  if (opinion === undefined || opinion.status === "unknown") return true;
  return opinion.last?.outcome === "passed" && opinion.last.atMs >= sinceMs;
}

function same(was: Verdict, next: Omit<Verdict, "sinceMs">): boolean {
  return (
    was.status === next.status &&
    was.because === next.because &&
    was.refusing === next.refusing &&
    was.share === next.share &&
    sameRamp(was.ramp, next.ramp) &&
    // Reckoned from the monotonic clock: it moves by a millisecond or two.
    Math.abs((was.untilMs ?? 0) - (next.untilMs ?? 0)) < 50
  );
}

/** The ramp with its step at this time; undefined when it is over. A wall clock that was set back makes no step backwards. */
function rampAt({ startMs, ms, step }: Ramp, wallMs: number): Ramp | undefined {
  if (wallMs >= startMs + ms) return undefined;
  const reached = STEPS.find((each) => wallMs - startMs < each * ms) ?? 1;
  return { startMs, ms, step: reached > step ? reached : step };
}

const STEPS: readonly Ramp["step"][] = [0.25, 0.5, 0.75, 1];

function sameRamp(one: Ramp | undefined, other: Ramp | undefined): boolean {
  return one?.startMs === other?.startMs && one?.ms === other?.ms && one?.step === other?.step;
}
