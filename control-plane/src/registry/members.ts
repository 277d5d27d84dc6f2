// Who is in one service: given by a source, not given but not certainly lost, or certainly lost and held. What one pass
// costs follows the change: readings are compared by reference, and the published map is copied only when it differs.

import type { EndpointId } from "@fairlead/shared";
import type { Safety } from "../config/index.js";
import type { Endpoint } from "../discovery/index.js";
import { type Doubt, holdOn } from "./hold.js";
import type { Merged, Sight } from "./merge.js";
import type { Hold, RegisteredEndpoint } from "./registry.js";

/** What a check knows about an endpoint. Absence may be doubted, evidence not (invariant 3). */
export interface Witness {
  readonly status: "unknown" | "healthy" | "unhealthy";
  /** It answered that it does not serve. */
  readonly refusing: boolean;
}

/** What decides about those who are missing, apart from the readings. */
export interface Judgement {
  readonly safety: Safety;
  readonly keepWhileHealthy: boolean;
  /** Monotonic and wall time. */
  readonly nowMs: number;
  readonly wallMs: number;
  readonly isCertain: (source: string) => boolean;
  /** Wall time until which the sources that gave it are disturbed; 0 when they are calm. */
  readonly disturbedUntilMs: (givenBy: readonly string[]) => number;
  /** Wall time until which the service recovers from a collapse, given who is there in this pass; 0 when it does not. */
  readonly recoveringUntilMs: (counts: { readonly staying: number; readonly missing: number; readonly unsure: number }) => number;
  readonly witness: (endpoint: EndpointId) => Witness | undefined;
  /** Monotonic time of an operator's last word; undefined when there was none. */
  readonly confirmedAtMs: number | undefined;
  /** Notes that it left; how long its coming and going holds it. */
  readonly departed: (endpoint: EndpointId) => number;
}

export interface Removal {
  readonly endpoint: EndpointId;
  readonly because: string;
  /** It was a guard that let it go, not evidence. */
  readonly byGuard: boolean;
}

/** What a pass did. */
export interface Pass {
  /** Endpoints that went missing in this pass, by who had given them. */
  readonly departures: readonly { readonly endpoint: EndpointId; readonly givenBy: readonly string[] }[];
  readonly held: readonly { readonly endpoint: EndpointId; readonly hold: Hold }[];
  readonly removals: readonly Removal[];
  /** As they were before the removals. */
  readonly staying: number;
  readonly missing: number;
  /** Wall time of the first hold's end; infinite when nobody is held. */
  readonly firstEndMs: number;
}

/** One that nobody gives at the moment. */
interface Absent {
  readonly givenBy: readonly string[];
  /** Since when it is certainly missing without a break (monotonic); undefined while some source that gave it cannot say. */
  certainSinceMs: number | undefined;
  /** How long it was certainly missing before that: its clock stands while a source cannot say, and goes on when it can. */
  missedForMs: number;
  /** Undefined until its departure was noted: it departs once, however often its source loses sight. */
  dampedForMs: number | undefined;
}

export class Members {
  #entries: ReadonlyMap<EndpointId, RegisteredEndpoint>;
  readonly #absent = new Map<EndpointId, Absent>();
  /** Of endpoints that others give: the sources that gave them too and cannot say whether they still do. */
  readonly #unsure = new Map<EndpointId, readonly string[]>();
  #sights: readonly Sight[] = [];
  /** The copy a pass works on, from its first change on. */
  #draft: Map<EndpointId, RegisteredEndpoint> | undefined;

  /** @param remembered from before this process started: they stand until their sources have spoken */
  constructor(remembered: readonly { readonly endpoint: Endpoint; readonly sources: readonly string[]; readonly sinceMs: number }[] = []) {
    this.#entries = new Map(
      remembered.map(({ endpoint, sinceMs }) => [endpoint.id, { endpoint, sources: [], sinceMs, hold: undefined }] as const),
    );
    for (const { endpoint, sources } of remembered) this.#absent.set(endpoint.id, absent(sources));
  }

  /** Keeps its reference while nothing changes. */
  get entries(): ReadonlyMap<EndpointId, RegisteredEndpoint> {
    return this.#entries;
  }

  /** Endpoints nobody gives at the moment: what a pass has to judge. */
  get absentCount(): number {
    return this.#absent.size;
  }

  /** Takes what the sources say now. */
  pass(sights: Merged["sights"], judgement: Judgement): Pass {
    for (const id of touched(this.#sights, sights)) this.#see(id, sights, judgement);
    this.#sights = sights;
    for (const [id, sources] of this.#unsure)
      this.#setUnsure(
        id,
        sources.filter((source) => !judgement.isCertain(source)),
      );
    const departures = this.#findMissing(judgement);
    const result = this.#judge(departures, judgement);
    this.#entries = this.#draft ?? this.#entries;
    this.#draft = undefined;
    return result;
  }

  #see(id: EndpointId, sights: readonly Sight[], { wallMs, isCertain }: Judgement): void {
    const was = this.#current.get(id);
    const givers = sights.filter(({ endpoints }) => endpoints.has(id));
    const endpoint = givers[0]?.endpoints.get(id);
    const gave = [...new Set([...(was?.sources ?? []), ...(this.#unsure.get(id) ?? [])])];
    if (endpoint === undefined) {
      if (was !== undefined && !this.#absent.has(id)) this.#absent.set(id, absent(gave));
      this.#unsure.delete(id);
      return;
    }
    const before = this.#absent.get(id);
    this.#absent.delete(id);
    const sources = givers.map(({ source }) => source);
    // Another source's word does not take back what this one gave: only its own complete reading does.
    const silent = [...gave, ...(before?.givenBy ?? [])].filter((source) => !sources.includes(source) && !isCertain(source));
    this.#setUnsure(id, silent);
    if (was !== undefined && was.endpoint === endpoint && was.hold === undefined && sameList(was.sources, sources)) return;
    this.#put(id, { endpoint, sources, sinceMs: was?.sinceMs ?? wallMs, hold: undefined });
  }

  #setUnsure(id: EndpointId, sources: readonly string[]): void {
    if (sources.length > 0) this.#unsure.set(id, [...new Set(sources)]);
    else this.#unsure.delete(id);
  }

  /** Starts the clock of those that are certainly missing; it stands for those about whom some source can no longer say. */
  #findMissing({ isCertain, departed, nowMs }: Judgement): Pass["departures"] {
    const departures: { endpoint: EndpointId; givenBy: readonly string[] }[] = [];
    for (const [id, state] of this.#absent) {
      if (!state.givenBy.every(isCertain)) {
        if (state.certainSinceMs !== undefined) state.missedForMs += nowMs - state.certainSinceMs;
        state.certainSinceMs = undefined;
        const was = this.#current.get(id);
        if (was !== undefined && (was.hold !== undefined || was.sources.length > 0))
          this.#put(id, { ...was, sources: [], hold: undefined });
      } else if (state.certainSinceMs === undefined) {
        state.certainSinceMs = nowMs;
        if (state.dampedForMs !== undefined) continue;
        state.dampedForMs = departed(id);
        departures.push({ endpoint: id, givenBy: state.givenBy });
      }
    }
    return departures;
  }

  #judge(departures: Pass["departures"], judgement: Judgement): Pass {
    const removals: Removal[] = [];
    const leave = (endpoint: EndpointId, because: string, byGuard: boolean) => {
      removals.push({ endpoint, because, byGuard });
      this.#remove(endpoint);
    };
    // Evidence first: who is gone for certain is no part of what is doubted.
    for (const { id, was } of this.#missing()) {
      const because = evidenceAgainst(was.endpoint, judgement.witness(id));
      if (because !== undefined) leave(id, because, false);
    }
    const doubted = this.#missing();
    const counts = { staying: this.#current.size - doubted.length, missing: doubted.length };
    const recoveringUntilMs = judgement.recoveringUntilMs({ ...counts, unsure: this.#absent.size - doubted.length });
    const held: { endpoint: EndpointId; hold: Hold }[] = [];
    let firstEndMs = Number.POSITIVE_INFINITY;
    for (const { id, was, state } of doubted) {
      const verdict = judge(id, state, { judgement, ...counts, recoveringUntilMs });
      if (typeof verdict === "string") {
        leave(id, verdict, true);
        continue;
      }
      firstEndMs = Math.min(firstEndMs, verdict.untilMs);
      if (was.hold === undefined) held.push({ endpoint: id, hold: verdict });
      if (was.sources.length > 0 || !sameHold(was.hold, verdict)) this.#put(id, { ...was, sources: [], hold: verdict });
    }
    return { departures, held, removals, ...counts, firstEndMs };
  }

  #missing(): readonly { readonly id: EndpointId; readonly state: Absent; readonly was: RegisteredEndpoint }[] {
    return [...this.#absent].flatMap(([id, state]) => {
      const was = state.certainSinceMs === undefined ? undefined : this.#current.get(id);
      return was === undefined ? [] : [{ id, state, was }];
    });
  }

  get #current(): ReadonlyMap<EndpointId, RegisteredEndpoint> {
    return this.#draft ?? this.#entries;
  }

  #put(id: EndpointId, entry: RegisteredEndpoint): void {
    this.#draft ??= new Map(this.#entries);
    this.#draft.set(id, entry);
  }

  #remove(id: EndpointId): void {
    this.#draft ??= new Map(this.#entries);
    this.#draft.delete(id);
    this.#absent.delete(id);
  }
}

/** Why an endpoint that is certainly missing leaves at once, whatever is held. */
function evidenceAgainst({ draining, weight }: Endpoint, witness: Witness | undefined): string | undefined {
  if (witness?.refusing === true) return "it refuses connections";
  return draining !== undefined || weight === 0 ? "its source said that it leaves, and then it left" : undefined;
}

/** The hold on an endpoint that is certainly missing, or why it leaves: an operator's word first, then the clocks. */
function judge(
  endpoint: EndpointId,
  { certainSinceMs, missedForMs, dampedForMs = 0, givenBy }: Absent,
  { judgement, ...service }: { readonly judgement: Judgement } & Pick<Doubt, "staying" | "missing" | "recoveringUntilMs">,
): Hold | string {
  const { nowMs, wallMs, safety } = judgement;
  // Reckoned back from now: a wall clock that was set meanwhile keeps nobody longer than the hold says.
  const certainForMs = nowMs - (certainSinceMs ?? nowMs);
  const sinceMs = Math.round(wallMs - certainForMs - missedForMs);
  const hold = holdOn(sinceMs, {
    safety,
    nowMs: wallMs,
    ...service,
    certainSinceMs: Math.round(wallMs - certainForMs),
    disturbedUntilMs: judgement.disturbedUntilMs(givenBy),
    dampedForMs,
    retained: judgement.keepWhileHealthy && judgement.witness(endpoint)?.status === "healthy",
  });
  if (hold === undefined) return safety === "off" ? "its source lost it, and safety is off" : "its clock ran out";
  const confirmed = judgement.confirmedAtMs !== undefined && judgement.confirmedAtMs >= nowMs - certainForMs - missedForMs;
  return confirmed ? "an operator confirmed it" : hold;
}

/** Endpoints about which the sights may differ: of a source that kept its reading, and its rank among the others, none. */
function touched(before: readonly Sight[], now: readonly Sight[]): ReadonlySet<EndpointId> {
  const ids = new Set<EndpointId>();
  const sameSources = sameList(
    before.map(({ source }) => source),
    now.map(({ source }) => source),
  );
  for (const [index, { endpoints }] of now.entries()) {
    const was = sameSources ? before[index]?.endpoints : undefined;
    if (was === endpoints) continue;
    for (const [id, endpoint] of endpoints) if (was?.get(id) !== endpoint) ids.add(id);
  }
  for (const [index, { endpoints }] of before.entries()) {
    const next = sameSources ? now[index]?.endpoints : undefined;
    if (next === endpoints) continue;
    for (const id of endpoints.keys()) if (next === undefined || !next.has(id)) ids.add(id);
  }
  return ids;
}

function absent(givenBy: readonly string[]): Absent {
  return { givenBy, certainSinceMs: undefined, missedForMs: 0, dampedForMs: undefined };
}

function sameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

function sameHold(one: Hold | undefined, other: Hold): boolean {
  return one?.kind === other.kind && one.because === other.because && Math.abs(one.untilMs - other.untilMs) < 50;
}
