// How far each ensemble was seen to be: what a server says that is not that far is from the past (invariant 2).

import type { Clock, DurableStore, Log, Result, Timer } from "@fairlead/shared";

/** The newest transaction one source ever saw. What is read never comes from a server that does not know it yet. */
export interface ZxidFloor {
  /** 0n when nothing was seen, or when the floor was given up. */
  readonly value: bigint;
  raise(zxid: bigint): void;
  /** Believes whatever is read next. For an ensemble that was restored from a backup. */
  giveUp(): void;
}

/** Where the floors of an earlier run are, and where those of this one go. */
export interface ZxidFloors {
  /** @param servers an ensemble is the same as before while one of its servers is */
  floorOf(source: string, servers: readonly string[]): ZxidFloor;
  /** Saves what is not saved yet. */
  close(): Promise<void>;
}

interface Known {
  readonly servers: readonly string[];
  zxid: bigint;
}

/** As often as the snapshot, which holds what was read: neither runs far ahead of the other in a crash. */
const SAVE_EVERY_MS = 1_000;
/** Sources in a configuration are at most 32; names of earlier ones are kept in case they return. */
const MAX_SOURCES = 128;

export interface ZxidFloorsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: DurableStore;
}

/** The floors that an earlier run saved; none, with the reason logged, when they cannot be read. */
export async function loadZxidFloors(deps: ZxidFloorsDeps): Promise<ZxidFloors> {
  const loaded = await deps.store.load();
  const saved = loaded.ok ? parseFloors(loaded.value?.payload) : loaded;
  if (!saved.ok) deps.log.error("zookeeper-floors-unreadable", { reason: saved.error });
  return new SavedFloors(deps, saved.ok ? saved.value : new Map());
}

class SavedFloors implements ZxidFloors {
  readonly #deps: ZxidFloorsDeps;
  readonly #known: Map<string, Known>;
  #timer: Timer | undefined;
  #dirty = false;
  #failing = false;

  constructor(deps: ZxidFloorsDeps, known: Map<string, Known>) {
    this.#deps = deps;
    this.#known = known;
  }

  floorOf(source: string, servers: readonly string[]): ZxidFloor {
    const before = this.#known.get(source);
    const same = before?.servers.some((server) => servers.includes(server)) === true;
    const known: Known = { servers, zxid: same ? before.zxid : 0n };
    this.#known.delete(source);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_SOURCES && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(source, known);
    const change = (zxid: bigint) => {
      known.zxid = zxid;
      // A source that was made anew under this name has taken over.
      if (this.#known.get(source) === known) this.#saveSoon();
    };
    return {
      get value() {
        return known.zxid;
      },
      raise: (zxid) => {
        if (zxid > known.zxid) change(zxid);
      },
      giveUp: () => change(0n),
    };
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    if (this.#dirty) await this.#save();
  }

  #saveSoon(): void {
    this.#dirty = true;
    this.#timer ??= this.#deps.clock.schedule(SAVE_EVERY_MS, () => {
      this.#timer = undefined;
      void this.#save();
    });
  }

  async #save(): Promise<void> {
    this.#dirty = false;
    const floors = [...this.#known].map(([source, { servers, zxid }]) => ({ source, servers, zxid: hexOf(zxid) }));
    const saved = await this.#deps.store.save(Buffer.from(JSON.stringify({ floors })), this.#deps.clock.wallMs());
    if (!saved.ok && !this.#failing) this.#deps.log.error("zookeeper-floors-not-saved", { reason: saved.error });
    this.#failing = !saved.ok;
  }
}

/** As ZooKeeper's own log prints transactions. */
export function hexOf(zxid: bigint): string {
  return `0x${zxid.toString(16)}`;
}

interface FloorText {
  readonly source: string;
  readonly servers: readonly string[];
  readonly zxid: string;
}

function parseFloors(payload: Buffer | undefined): Result<Map<string, Known>> {
  if (payload === undefined) return { ok: true, value: new Map() };
  try {
    const { floors } = JSON.parse(payload.toString("utf8")) as { readonly floors: readonly FloorText[] };
    return { ok: true, value: new Map(floors.map(({ source, servers, zxid }) => [source, { servers: [...servers], zxid: BigInt(zxid) }])) };
  } catch {
    return { ok: false, error: "the saved floors have another shape" };
  }
}
