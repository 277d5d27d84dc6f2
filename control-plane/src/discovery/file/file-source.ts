import {
  Cell,
  type Clock,
  type Closable,
  KeyedCell,
  type Log,
  type Result,
  type Rng,
  type ServiceName,
  type Watchable,
} from "@fairlead/shared";
import type { FileSourceSettings, StaticEndpointSettings } from "../../config/index.js";
import { COMPLETE, partial, sameQuarantined } from "../reading.js";
import { RetryTimer } from "../retry-timer.js";
import type { ListingState, Quarantined, ServiceReading, Source } from "../source.js";
import { readingOfList, type SetAside } from "../static-members.js";

/** The file as this source sees it. */
export interface ListFile {
  read(): Promise<Result<string>>;
  /** Calls back after the file may have changed, vanished or come back. */
  watch(onChange: () => void): Closable;
}

/** What a file of service lists says. */
export interface ServiceLists {
  readonly services: ReadonlyMap<ServiceName, readonly StaticEndpointSettings[]>;
  readonly quarantined: readonly QuarantinedEntry[];
}

interface QuarantinedEntry extends Quarantined {
  readonly service: string;
  /** Whether it may be an endpoint that was there before: then what is missing in the list is not known to be gone. */
  readonly hides: boolean;
}

/** Why the whole file was refused. */
export interface FileSourceDeps<Problem> {
  readonly settings: FileSourceSettings;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly file: ListFile;
  readonly parse: (input: { readonly file: string; readonly text: string }) => Result<ServiceLists, readonly Problem[]>;
  /** One problem as a person reads it: `file:line:column message`. */
  readonly explain: (problem: Problem) => string;
}

/** A notification may be lost (network mounts); after a failed reading the file is looked at again by itself. */
const RETRY = { firstMs: 1_000, maxMs: 30_000 };
/** A broken file often has one mistake and many consequences. */
const MAX_EXPLAINED = 5;

/**
 * Service lists in a file of their own, followed as it changes. A file that is broken or gone removes nothing: the last
 * good reading becomes stale with the reason. Neither does a list with an entry that cannot be read, which may be any of
 * those that are missing: the reading is partial until the entry is mended or taken out.
 */
export function fileSource<Problem>(deps: FileSourceDeps<Problem>): Source {
  const source = new FileSource(deps);
  source.start();
  return source;
}

class FileSource<Problem> implements Source {
  readonly name: string;
  readonly type = "file";
  readonly #listing = new Cell<ListingState>({ kind: "pending" });
  readonly #services = new KeyedCell<ServiceName, ServiceReading>();
  readonly disturbedUntilMs: Watchable<number> = new Cell(0);
  readonly #deps: FileSourceDeps<Problem>;
  readonly #retry: RetryTimer;
  #watch: Closable | undefined;
  #closed = false;
  #reading = false;
  #again = false;

  constructor(deps: FileSourceDeps<Problem>) {
    this.name = deps.settings.name;
    this.#deps = deps;
    this.#retry = new RetryTimer(RETRY, deps);
  }

  get listing(): Watchable<ListingState> {
    return this.#listing;
  }

  get services(): KeyedCell<ServiceName, ServiceReading> {
    return this.#services;
  }

  start(): void {
    this.#watch = this.#deps.file.watch(() => this.refresh());
    this.refresh();
  }

  refresh(): void {
    if (this.#closed) return;
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    this.#again = false;
    void this.#deps.file.read().then((text) => {
      this.#reading = false;
      if (this.#closed) return;
      // What was read may be older than the change that was announced meanwhile.
      if (this.#again) this.refresh();
      else this.#take(text);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry.cancel();
    await this.#watch?.close();
  }

  #take(text: Result<string>): void {
    const { settings, parse, explain } = this.#deps;
    if (!text.ok) {
      this.#failed(`${settings.path}: ${text.error}`);
      return;
    }
    const lists = parse({ file: settings.path, text: text.value });
    if (lists.ok) this.#succeeded(lists.value);
    else this.#failed(explainAll(lists.error.map(explain)));
  }

  #succeeded(lists: ServiceLists): void {
    if (this.#listing.value.kind === "stale") this.#deps.log.info("file-source-recovered", { path: this.#deps.settings.path });
    this.#retry.succeeded();
    const previous = this.#services.value;
    const next = new Map<ServiceName, ServiceReading>();
    for (const [service, list] of lists.services) {
      next.set(service, seen(previous.get(service), list, setAsideOf(service, lists.quarantined)));
    }
    const unlisted = lists.quarantined
      .filter((item) => !(lists.services as ReadonlyMap<string, unknown>).has(item.service))
      .map(({ place, reason }) => ({ place, reason }));
    this.#sayPartial(next);
    this.#services.replace(next);
    this.#listing.set(seenListing(this.#listing.value, unlisted));
  }

  /** Once for each service and reason. */
  #sayPartial(next: ReadonlyMap<ServiceName, ServiceReading>): void {
    for (const [service, now] of next) {
      const because = partialReason(now);
      const before = partialReason(this.#services.value.get(service));
      if (because !== undefined && because !== before) this.#deps.log.warn("file-source-partial", { service, because });
    }
  }

  #failed(cause: string): void {
    this.#retry.failed(() => this.refresh());
    const listing = this.#listing.value;
    if (listing.kind !== "seen" && listing.cause === cause) return;
    this.#deps.log.warn("file-source-unreadable", { path: this.#deps.settings.path, cause });
    if (listing.kind === "pending") {
      this.#listing.set({ kind: "pending", cause });
      return;
    }
    const sinceMs = listing.kind === "stale" ? listing.sinceMs : this.#deps.clock.wallMs();
    const { quarantined } = listing;
    this.#services.update([...this.#services.value].map(([service, reading]) => [service, staleOf(reading, sinceMs, cause)] as const));
    this.#listing.set({ kind: "stale", sinceMs, cause, quarantined });
  }
}

function seen(before: ServiceReading | undefined, list: readonly StaticEndpointSettings[], setAside: SetAside): ServiceReading {
  const previous = before === undefined || before.kind === "pending" ? undefined : before.reading;
  const reading = readingOfList(list, previous, setAside);
  return before?.kind === "seen" && before.reading === reading ? before : { kind: "seen", reading };
}

function seenListing(before: ListingState, quarantined: readonly Quarantined[]): ListingState {
  const previous = before.kind === "pending" ? undefined : before.quarantined;
  const same = sameQuarantined(previous, quarantined);
  return before.kind === "seen" && same === previous ? before : { kind: "seen", completeness: COMPLETE, quarantined: same };
}

function staleOf(reading: ServiceReading, sinceMs: number, cause: string): ServiceReading {
  return reading.kind === "pending" ? reading : { kind: "stale", reading: reading.reading, sinceMs, cause };
}

function setAsideOf(service: string, all: readonly QuarantinedEntry[]): SetAside {
  const mine = all.filter((item) => item.service === service);
  const hiding = mine.filter(({ hides }) => hides);
  const [first] = hiding;
  const more = hiding.length > 1 ? ` and ${hiding.length - 1} more` : "";
  return {
    quarantined: mine.map(({ place, reason }) => ({ place, reason })),
    completeness: first === undefined ? COMPLETE : partial(`the entry at ${first.place}${more} cannot be read: mend it or take it out`),
  };
}

function partialReason(state: ServiceReading | undefined): string | undefined {
  return state?.kind === "seen" && state.reading.completeness.kind === "partial" ? state.reading.completeness.reason : undefined;
}

function explainAll(problems: readonly string[]): string {
  const more = problems.length - MAX_EXPLAINED;
  return [...problems.slice(0, MAX_EXPLAINED), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
