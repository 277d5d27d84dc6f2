// Where the checkers meet: a znode for each, that goes with its session. Each writes its own and reads all others.

import type { Clock, Closable, Log, Timer } from "@fairlead/shared";
import type { CoordinationSettings } from "../config/index.js";
import type { Connect, ZooKeeperConnection, ZxidFloor } from "../discovery/index.js";
import { decodeMessage, type Message } from "./message.js";

export const BEAT_MS = 2_000;
/** At most two writes a second. */
const MIN_PAUSE_MS = BEAT_MS / 4;
/** Each reads all others: beyond, they are not heard. */
const MAX_CHECKERS = 64;

/** Why nobody takes part right after the start: no loss. */
export const NOT_YET = "not connected yet";

export interface Heard {
  /** Transaction of its newest beat. */
  readonly mzxid: bigint;
  /** When we saw it, on our monotonic clock. */
  heardMs: number;
  /** A text: why what it wrote is not understood. */
  readonly message: Message | string;
}

export interface MeetingDeps {
  readonly settings: CoordinationSettings;
  readonly id: string;
  readonly run: string;
  readonly connect: Connect;
  readonly floor: ZxidFloor;
  readonly clock: Clock;
  readonly log: Log;
  /** What to say now. */
  readonly speech: () => Uint8Array;
  /** After every beat, and when somebody comes, goes, or says something else. */
  readonly changed: () => void;
}

export class Meeting implements Closable {
  readonly others = new Map<string, Heard>();
  readonly #deps: MeetingDeps;
  readonly #connection: ZooKeeperConnection;
  readonly #folder: string;
  #absent: string | undefined = NOT_YET;
  #own = false;
  #writing = false;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #beatMs: number;
  #beat: Timer | undefined;
  #speaking: Timer | undefined;
  #ignored = 0;

  constructor(deps: MeetingDeps) {
    this.#deps = deps;
    const { settings, clock } = deps;
    this.#folder = `${settings.path}/checkers`;
    this.#connection = deps.connect({
      servers: settings.servers,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      access: {},
      floor: deps.floor,
      onWatch: ({ path }) => {
        if (path === this.#folder) this.#list();
        else if (this.others.has(nameIn(path))) this.#read(nameIn(path));
      },
      onLoss: () => undefined,
      onFloorGivenUp: () => undefined,
    });
    this.#beatMs = clock.nowMs();
    this.#connection.state.watch((state) => {
      if (state.kind === "connected") this.#tick();
      else this.#leave(state.cause ?? NOT_YET);
    });
    this.#schedule();
  }

  /** Why we take no part; undefined while we do. */
  get absent(): string | undefined {
    return this.#absent;
  }

  /** Checkers beyond the limit. */
  get ignored(): number {
    return this.#ignored;
  }

  /** What we say has changed. */
  speakSoon(): void {
    const { clock } = this.#deps;
    this.#speaking ??= clock.schedule(Math.max(0, this.#writtenMs + MIN_PAUSE_MS - clock.nowMs()), () => {
      this.#speaking = undefined;
      this.#speak();
    });
  }

  close(): void {
    this.#beat?.cancel();
    this.#speaking?.cancel();
    void this.#connection.close();
  }

  #schedule(): void {
    this.#beat = this.#deps.clock.schedule(BEAT_MS, () => {
      this.#schedule();
      this.#tick();
    });
  }

  #tick(): void {
    const nowMs = this.#deps.clock.nowMs();
    // We slept ourselves: nobody can be blamed for not having been heard.
    if (nowMs - this.#beatMs > 2 * BEAT_MS) for (const heard of this.others.values()) heard.heardMs = nowMs;
    this.#beatMs = nowMs;
    if (this.#connection.state.value.kind === "connected") {
      this.#speak();
      this.#list();
    }
    this.#deps.changed();
  }

  #leave(because: string): void {
    this.#own = false;
    this.#writing = false;
    this.#absent = because;
    this.others.clear();
    this.#deps.changed();
  }

  #speak(): void {
    if (this.#writing || this.#connection.state.value.kind !== "connected") return;
    this.#writing = true;
    this.#writtenMs = this.#deps.clock.nowMs();
    if (!this.#own) {
      this.#enter();
      return;
    }
    this.#connection.write(this.#ownPath, this.#deps.speech(), (result) => {
      this.#writing = false;
      if (result.ok) return;
      this.#own = false;
      if (result.error.kind === "no-node") this.#speak();
    });
  }

  get #ownPath(): string {
    return `${this.#folder}/${this.#deps.id}`;
  }

  /** Makes our znode, and first what is missing above it. */
  #enter(): void {
    const parts = this.#folder.split("/").slice(1);
    const make = (depth: number): void => {
      if (depth > parts.length) {
        this.#connection.create(this.#ownPath, this.#deps.speech(), "ephemeral", (result) => {
          if (result.ok && result.value === "exists") this.#claim();
          else this.#entered(result.ok ? undefined : reasonOf(result.error));
        });
        return;
      }
      this.#connection.create(`/${parts.slice(0, depth).join("/")}`, new Uint8Array(), "persistent", (result) => {
        if (result.ok) make(depth + 1);
        else this.#entered(reasonOf(result.error));
      });
    };
    make(1);
  }

  /** There is one of our name: ours, from before the connection was lost, or somebody else's. */
  #claim(): void {
    const { id, run } = this.#deps;
    this.#connection.data(this.#ownPath, (result) => {
      const message = result.ok ? decodeMessage(result.value.data) : undefined;
      const ours = message?.ok === true && message.value.run === run;
      this.#entered(ours ? undefined : `another control plane calls itself ${id}`);
    });
  }

  #entered(problem: string | undefined): void {
    this.#writing = false;
    if (this.#connection.state.value.kind !== "connected") return;
    this.#own = problem === undefined;
    if (problem !== this.#absent) {
      if (problem === undefined) this.#deps.log.info("coordination-joined", { path: this.#ownPath });
      this.#absent = problem;
      this.#deps.changed();
    }
  }

  #list(): void {
    this.#connection.children(this.#folder, (result) => {
      if (!result.ok) return;
      const names = result.value.names.filter((name) => name !== this.#deps.id).sort();
      const heard = names.slice(0, MAX_CHECKERS);
      this.#ignored = names.length - heard.length;
      for (const name of [...this.others.keys()]) if (!heard.includes(name)) this.#forget(name);
      for (const name of heard) this.#read(name);
    });
  }

  #read(name: string): void {
    const { clock, changed } = this.#deps;
    this.#connection.data(`${this.#folder}/${name}`, (result) => {
      if (!result.ok) {
        if (result.error.kind === "no-node") this.#forget(name);
        return;
      }
      const { mzxid } = result.value.stat;
      if (this.others.get(name)?.mzxid === mzxid) return;
      const message = decodeMessage(result.value.data);
      this.others.set(name, { mzxid, heardMs: clock.nowMs(), message: message.ok ? message.value : message.error });
      changed();
    });
  }

  #forget(name: string): void {
    if (this.others.delete(name)) this.#deps.changed();
  }
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function reasonOf(failure: { readonly kind: "no-node" } | { readonly kind: "failed"; readonly reason: string }): string {
  return failure.kind === "failed" ? failure.reason : "its path was deleted";
}
