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
import { COMPLETE, sameQuarantined } from "../reading.js";
import { RetryTimer } from "../retry-timer.js";
import type { ListingState, Quarantined, ServiceReading, Source } from "../source.js";
import { readingOfList } from "../static-members.js";

/** The file as this source sees it. */
export interface ListFile {
  read(): Promise<Result<string>>;
  /** Calls back after the file may have changed, vanished or come back. */
  watch(onChange: () => void): Closable;
}

/** What a file of service lists says. */
export interface ServiceLists {
  readonly services: ReadonlyMap<ServiceName, readonly StaticEndpointSettings[]>;
  readonly quarantined: readonly (Quarantined & { readonly service: string })[];
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
 * good reading becomes stale with the reason.
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
      next.set(service, seen(previous.get(service), list, quarantinedOf(service, lists.quarantined)));
    }
    const unlisted = lists.quarantined.filter((item) => !(lists.services as ReadonlyMap<string, unknown>).has(item.service));
    this.#services.replace(next);
    this.#listing.set(seenListing(this.#listing.value, unlisted));
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

function seen(
  before: ServiceReading | undefined,
  list: readonly StaticEndpointSettings[],
  quarantined: readonly Quarantined[],
): ServiceReading {
  const previous = before === undefined || before.kind === "pending" ? undefined : before.reading;
  const reading = readingOfList(list, previous, quarantined);
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

function quarantinedOf(service: string, quarantined: ServiceLists["quarantined"]): readonly Quarantined[] {
  return quarantined.filter((item) => item.service === service).map(({ place, reason }) => ({ place, reason }));
}

function explainAll(problems: readonly string[]): string {
  const more = problems.length - MAX_EXPLAINED;
  return [...problems.slice(0, MAX_EXPLAINED), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
