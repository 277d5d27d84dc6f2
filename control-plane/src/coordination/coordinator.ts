// Several control planes that check the same endpoints and vote. Without the others each decides for itself.

import { type Closable, type EndpointId, KeyedCell, type Metrics, type ServiceName } from "@fairlead/shared";
import type { Opinions, Vote, Votes } from "../health/index.js";
import { BEAT_MS, type Heard, Meeting, type MeetingDeps, NOT_YET } from "./meeting.js";
import { encodeMessage, type ServiceWord, type Words } from "./message.js";
import { lonelyOf, Muting, type Speaker } from "./muting.js";
import { Tally } from "./tally.js";

/** Without a beat for so long, a checker stands still, whatever its session says. */
const STALLED_MS = 3 * BEAT_MS;

export interface CoordinatorDeps extends Omit<MeetingDeps, "speech" | "changed"> {
  /** Ours. */
  readonly checks: Pick<Opinions, "opinions" | "probeSoon">;
  readonly metrics: Metrics;
}

type ByEndpoint = ReadonlyMap<EndpointId, readonly Vote[]>;

interface Mute {
  readonly because: string;
  /** Wall time. */
  readonly sinceMs: number;
}

interface KnownChecker {
  readonly id: string;
  readonly zone: string | undefined;
  readonly startedMs: number | undefined;
  readonly beatAgeMs: number;
  /** Why its votes do not count. */
  readonly muted: Mute | undefined;
}

/** For people. */
export interface Checkers {
  readonly self: { readonly id: string; readonly zone: string; readonly doubted: Mute | undefined };
  /** Why only our own checks count. */
  readonly alone: Mute | undefined;
  readonly others: readonly KnownChecker[];
}

export class Coordinator implements Votes, Checkers, Closable {
  readonly votes = new KeyedCell<ServiceName, ByEndpoint>();
  readonly #deps: CoordinatorDeps;
  readonly #meeting: Meeting;
  readonly #tally = new Tally();
  readonly #muting = new Muting();
  readonly #muted = new Map<string, Mute>();
  readonly #watch: Closable;
  readonly #startedMs: number;
  #doubted: Mute | undefined;
  #alone: Mute | undefined;
  #ready = false;

  constructor(deps: CoordinatorDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock.wallMs();
    this.#meeting = new Meeting({ ...deps, speech: () => this.#speech(), changed: () => this.#look() });
    this.#ready = true;
    this.#watch = deps.checks.opinions.watch((_all, changed) => {
      this.#count(changed);
      this.#meeting.speakSoon();
    });
    deps.metrics.sampled(
      "gauge",
      { name: "coordination_checkers", help: "Other checkers, by whether they count.", labels: ["state"] },
      () => [
        { labels: { state: "counted" }, value: this.#meeting.others.size - this.#muted.size },
        { labels: { state: "muted" }, value: this.#muted.size },
        { labels: { state: "ignored" }, value: this.#meeting.ignored },
      ],
    );
    deps.metrics.sampled("gauge", { name: "coordination_alone", help: "1 while only this replica's own checks count." }, () => [
      { labels: {}, value: this.#alone === undefined ? 0 : 1 },
    ]);
    this.#look();
  }

  get alone(): Mute | undefined {
    return this.#alone;
  }

  get self(): Checkers["self"] {
    const { id, settings } = this.#deps;
    return { id, zone: settings.zone, doubted: this.#doubted };
  }

  get others(): readonly KnownChecker[] {
    const nowMs = this.#deps.clock.nowMs();
    return [...this.#meeting.others].map(([id, { heardMs, message }]) => ({
      id,
      zone: typeof message === "string" ? undefined : message.zone,
      startedMs: typeof message === "string" ? undefined : message.startedMs,
      beatAgeMs: Math.round(nowMs - heardMs),
      muted: this.#muted.get(id),
    }));
  }

  close(): void {
    void this.#watch.close();
    this.#meeting.close();
  }

  #ownWords(): Words {
    const words = new Map<string, ServiceWord>();
    for (const [service, opinions] of this.#deps.checks.opinions.value) {
      const word = this.#tally.wordOf(service, opinions);
      if (word !== undefined) words.set(service, word);
    }
    return words;
  }

  #speech(): Uint8Array {
    const { id, run, settings } = this.#deps;
    return encodeMessage({ id, zone: settings.zone, run, startedMs: this.#startedMs, words: this.#ownWords() });
  }

  #look(): void {
    if (!this.#ready) return;
    this.#noteAlone();
    this.#noteMuted();
    this.#count([...this.#deps.checks.opinions.value.keys(), ...this.votes.value.keys()]);
  }

  #noteAlone(): void {
    const { clock, log } = this.#deps;
    const because = this.#meeting.absent;
    if (because === this.#alone?.because) return;
    const lost = (one: string | undefined) => one !== undefined && one !== NOT_YET;
    if (lost(because) && !lost(this.#alone?.because)) log.warn("coordination-lost", { because });
    this.#alone = because === undefined ? undefined : { because, sinceMs: this.#alone?.sinceMs ?? clock.wallMs() };
  }

  #noteMuted(): void {
    const { clock, log, settings, id } = this.#deps;
    const speakers = this.#speakers(() => true);
    const own: Speaker = { id, words: this.#ownWords() };
    const at = { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
    const lonely = (one: Speaker, against: number) =>
      lonelyOf(
        one,
        [own, ...speakers].filter((other) => other.id !== one.id),
        against,
        (service) => this.#sizeOf(service),
      );
    for (const [name, heard] of this.#meeting.others) {
      const speaker = speakers.find((one) => one.id === name);
      const broken = settings.muting && speaker !== undefined ? this.#muting.look(name, lonely(speaker, 1), at) : undefined;
      const because = silentBecause(heard, at.nowMs) ?? broken?.because;
      const before = this.#muted.get(name);
      if (because === undefined) {
        if (this.#muted.delete(name)) log.info("checker-heard-again", { checker: name });
      } else if (before?.because !== because) {
        this.#muted.set(name, { because, sinceMs: before?.sinceMs ?? at.wallMs });
        if (before === undefined) log.warn("checker-muted", { checker: name, because });
      }
    }
    for (const name of this.#muted.keys()) if (!this.#meeting.others.has(name)) this.#muted.delete(name);
    this.#muting.keepOnly(new Set([id, ...this.#meeting.others.keys()]));
    // One against two is disputed, and removes nobody: here it is only named.
    const doubted = settings.muting ? this.#muting.look(id, lonely(own, 2), at) : undefined;
    if (doubted !== undefined && this.#doubted === undefined) log.warn("own-checks-doubted", { because: doubted.because });
    this.#doubted = doubted;
  }

  #sizeOf(service: string): number {
    return this.#deps.checks.opinions.value.get(service as ServiceName)?.size ?? 0;
  }

  #speakers(wanted: (name: string) => boolean): readonly Speaker[] {
    if (this.#meeting.absent !== undefined) return [];
    return [...this.#meeting.others].flatMap(([name, { message }]) =>
      typeof message === "string" || message.words === undefined || !wanted(name) ? [] : [{ id: name, words: message.words }],
    );
  }

  #count(services: Iterable<ServiceName>): void {
    const { opinions } = this.#deps.checks;
    const counted = this.#speakers((name) => !this.#muted.has(name));
    this.#tally.keepOnly(opinions.value);
    const changes = [...new Set(services)].flatMap((service) => {
      const own = opinions.value.get(service);
      const votes = own === undefined ? undefined : this.#tally.votesOn(service, own, counted);
      return votes === this.votes.value.get(service) ? [] : [[service, votes] as const];
    });
    if (changes.length === 0) return;
    this.votes.update(changes);
    for (const [service, votes] of changes) this.#lookAgain(service, votes);
  }

  /** What another finds unhealthy, we look at before its turn. */
  #lookAgain(service: ServiceName, votes: ByEndpoint | undefined): void {
    const { checks } = this.#deps;
    const opinions = checks.opinions.value.get(service);
    for (const [endpoint, cast] of votes ?? []) {
      const doubted = cast.some(({ status }) => status === "unhealthy");
      if (doubted && opinions?.get(endpoint)?.status === "healthy") checks.probeSoon(service, endpoint);
    }
  }
}

function silentBecause({ heardMs, message }: Heard, nowMs: number): string | undefined {
  if (nowMs - heardMs > STALLED_MS) return "stalled: its session lives, but it says nothing any more";
  if (typeof message === "string") return `what it says is not understood: ${message}`;
  return message.words === undefined ? "it finds too many endpoints unhealthy to name them" : undefined;
}
