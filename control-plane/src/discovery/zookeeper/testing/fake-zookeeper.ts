import { type Clock, fail, ok, type Result, type Timer } from "@fairlead/shared";
import type { Answer, Children, ReadFailure, WatchEvent, ZnodeData, ZnodeStat } from "../connection.js";
import type { Link, LinkEvents, LinkOptions, OpenLink } from "../link.js";
import type { LossKind } from "../outage.js";
import { parentAndName } from "../path-pattern.js";

interface Znode {
  data: Uint8Array;
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
}

/** How the server treats the outside: `silent` accepts connections and says nothing, as a stopped process does. */
export type ServerMood = "serving" | "silent" | "down";

/**
 * A ZooKeeper in memory: a tree with one-shot watches, sessions that outlive connections, and faults on command. Answers
 * take `latencyMs` on the given clock and come in order.
 */
export class FakeZooKeeper {
  readonly #clock: Clock;
  #tree = new Map<string, Znode>([["/", { data: new Uint8Array(), czxid: 0n, mzxid: 0n, pzxid: 0n }]]);
  readonly #links = new Set<FakeLink>();
  readonly #sessions = new Set<string>();
  /** Ephemeral znodes, and whose they are. */
  readonly #owners = new Map<string, string>();
  #zxid = 0x100n;
  #sessionCount = 0;
  #mood: ServerMood = "serving";
  latencyMs = 1;
  /** While set, every connection is refused with it. */
  refuseAuth: string | undefined;
  sessionTimeoutMs = 30_000;
  /** Paths whose reads fail with this reason. */
  readonly failing = new Map<string, string>();
  /** Reads asked of it, as `children /path`. */
  readonly asked: string[] = [];
  readonly openLink: OpenLink = (options, events) => new FakeLink(this, options, events);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get mood(): ServerMood {
    return this.#mood;
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** Open connections. */
  get linkCount(): number {
    return this.#links.size;
  }

  /** Creates missing parents too. */
  create(path: string, data: string | Uint8Array = ""): void {
    const { parent } = parentAndName(path);
    if (!this.#tree.has(parent)) this.create(parent);
    const zxid = ++this.#zxid;
    this.#tree.set(path, { data: bytes(data), czxid: zxid, mzxid: zxid, pzxid: zxid });
    this.#touchParent(parent, zxid);
    this.#fire({ kind: "created", path });
    this.#fire({ kind: "children", path: parent });
  }

  set(path: string, data: string | Uint8Array): void {
    const znode = this.#tree.get(path);
    if (znode === undefined) throw new Error(`no ${path}`);
    znode.data = bytes(data);
    znode.mzxid = ++this.#zxid;
    this.#fire({ kind: "data", path });
  }

  /** Deletes what is below it too, deepest first. */
  delete(path: string): void {
    for (const other of [...this.#tree.keys()]) if (parentAndName(other).parent === path && other !== "/") this.delete(other);
    if (!this.#tree.delete(path)) return;
    const { parent } = parentAndName(path);
    this.#touchParent(parent, ++this.#zxid);
    this.#fire({ kind: "deleted", path });
    this.#fire({ kind: "children", path: parent });
  }

  /** Makes the znode look as an older server would show it. */
  rewind(path: string, data: string, mzxid: bigint): void {
    const znode = this.#tree.get(path);
    if (znode === undefined) throw new Error(`no ${path}`);
    znode.data = bytes(data);
    znode.mzxid = mzxid;
  }

  /** A server that has what this one has now, and none of its sessions: started from a backup, or one that stopped following. */
  copy(): FakeZooKeeper {
    const other = new FakeZooKeeper(this.#clock);
    other.#tree = new Map([...this.#tree].map(([path, znode]) => [path, { ...znode }]));
    other.#zxid = this.#zxid;
    other.latencyMs = this.latencyMs;
    return other;
  }

  become(mood: ServerMood): void {
    this.#mood = mood;
    if (mood === "down") this.cut("connection refused", "unreachable");
  }

  /** Cuts all connections; sessions stay. */
  cut(reason = "connection reset", kind: LossKind = "closed"): void {
    for (const link of [...this.#links]) link.cut(reason, kind);
  }

  /** Forgets all sessions and cuts their connections. */
  expireSessions(): void {
    this.#sessions.clear();
    for (const path of this.#owners.keys()) this.delete(path);
    this.#owners.clear();
    this.cut("the server closed the connection");
  }

  attach(link: FakeLink, { resume }: LinkOptions): string | undefined {
    this.#links.add(link);
    if (resume !== undefined) return this.#sessions.has(resume.sessionId) ? resume.sessionId : undefined;
    const sessionId = (++this.#sessionCount).toString(16).padStart(16, "0");
    this.#sessions.add(sessionId);
    return sessionId;
  }

  detach(link: FakeLink): void {
    this.#links.delete(link);
  }

  createFor(sessionId: string | undefined, path: string, data: Uint8Array): Result<"created" | "exists", ReadFailure> {
    if (this.#tree.has(path)) return ok("exists");
    if (!this.#tree.has(parentAndName(path).parent)) return fail({ kind: "no-node" });
    this.create(path, data);
    if (sessionId !== undefined) this.#owners.set(path, sessionId);
    return ok("created");
  }

  write(path: string, data: Uint8Array): Result<void, ReadFailure> {
    if (!this.#tree.has(path)) return fail({ kind: "no-node" });
    return ok(this.set(path, data));
  }

  /** The session ends: what it held is gone. */
  ended(sessionId: string | undefined): void {
    for (const [path, owner] of [...this.#owners]) {
      if (owner !== sessionId) continue;
      this.#owners.delete(path);
      this.delete(path);
    }
  }

  children(path: string): Result<Children, ReadFailure> {
    return this.#read("children", path, (znode) => {
      const names = [...this.#tree.keys()].filter((other) => other !== "/" && parentAndName(other).parent === path);
      return { names: names.map((other) => parentAndName(other).name), stat: statOf(znode) };
    });
  }

  data(path: string): Result<ZnodeData, ReadFailure> {
    return this.#read("data", path, (znode) => ({ data: znode.data, stat: statOf(znode) }));
  }

  exists(path: string): Result<boolean, ReadFailure> {
    const found = this.#read("exists", path, () => true);
    return !found.ok && found.error.kind === "no-node" ? ok(false) : found;
  }

  get newestZxid(): bigint {
    return this.#zxid;
  }

  #read<T>(what: string, path: string, of: (znode: Znode) => T): Result<T, ReadFailure> {
    this.asked.push(`${what} ${path}`);
    const reason = this.failing.get(path);
    if (reason !== undefined) return fail({ kind: "failed", reason });
    const znode = this.#tree.get(path);
    return znode === undefined ? fail({ kind: "no-node" }) : ok(of(znode));
  }

  #touchParent(parent: string, zxid: bigint): void {
    const znode = this.#tree.get(parent);
    if (znode !== undefined) znode.pzxid = zxid;
  }

  #fire(event: WatchEvent): void {
    for (const link of this.#links) link.fire(event);
  }
}

type WatchSet = "data" | "children" | "exists";
const FIRES: Readonly<Record<WatchEvent["kind"], readonly WatchSet[]>> = {
  created: ["exists"],
  data: ["data", "exists"],
  children: ["children"],
  deleted: ["data", "children", "exists"],
};

class FakeLink implements Link {
  readonly #server: FakeZooKeeper;
  readonly #events: LinkEvents;
  readonly #timers = new Set<Timer>();
  readonly #watches: Readonly<Record<WatchSet, Set<string>>> = { data: new Set(), children: new Set(), exists: new Set() };
  #open = true;
  #sessionId: string | undefined;

  constructor(server: FakeZooKeeper, options: LinkOptions, events: LinkEvents) {
    this.#server = server;
    this.#events = events;
    this.#later(() => {
      if (server.mood === "down") {
        this.cut("connection refused", "unreachable");
        return;
      }
      if (server.refuseAuth !== undefined) {
        this.cut(server.refuseAuth, "auth-failed");
        return;
      }
      const sessionId = server.mood === "silent" ? undefined : server.attach(this, options);
      if (server.mood === "silent") return;
      if (sessionId === undefined) {
        this.destroy();
        events.expired();
        return;
      }
      this.#sessionId = sessionId;
      events.up({ ticket: { sessionId, password: "" }, sessionTimeoutMs: server.sessionTimeoutMs });
    });
  }

  get seenZxid(): bigint {
    return this.#server.newestZxid;
  }

  children(path: string, answer: Answer<Children>): void {
    this.#ask({ path, watch: "children" }, () => this.#server.children(path), answer);
  }

  data(path: string, answer: Answer<ZnodeData>): void {
    this.#ask({ path, watch: "data" }, () => this.#server.data(path), answer);
  }

  exists(path: string, answer: Answer<boolean>): void {
    this.#ask({ path, watch: "exists" }, () => this.#server.exists(path), answer);
  }

  create(path: string, data: Uint8Array, lives: "persistent" | "ephemeral", answer: Answer<"created" | "exists">): void {
    const owner = lives === "ephemeral" ? this.#sessionId : undefined;
    this.#change(() => this.#server.createFor(owner, path, data), answer);
  }

  write(path: string, data: Uint8Array, answer: Answer<void>): void {
    this.#change(() => this.#server.write(path, data), answer);
  }

  ping(answer: Answer<void>): void {
    this.#later(() => {
      if (this.#server.mood === "serving") answer(ok(undefined));
    });
  }

  destroy(): void {
    this.#open = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#server.detach(this);
  }

  end(): void {
    this.#server.ended(this.#sessionId);
    this.destroy();
  }

  cut(reason: string, kind: LossKind): void {
    if (!this.#open) return;
    this.destroy();
    this.#events.down({ kind, reason });
  }

  fire(event: WatchEvent): void {
    const hit = FIRES[event.kind].filter((set) => this.#watches[set].delete(event.path));
    if (hit.length > 0) this.deliver(event);
  }

  deliver(event: WatchEvent): void {
    this.#later(() => {
      if (this.#server.mood === "serving") this.#events.watch(event);
    });
  }

  /** The server reads and sets the watch when the question arrives; the answer arrives later. */
  #ask<T>(at: { path: string; watch: WatchSet }, read: () => Result<T, ReadFailure>, answer: Answer<T>): void {
    if (this.#server.mood !== "serving") return;
    const result = read();
    if (result.ok || at.watch === "exists") this.#watches[at.watch].add(at.path);
    this.#later(() => answer(result));
  }

  #change<T>(change: () => Result<T, ReadFailure>, answer: Answer<T>): void {
    if (this.#server.mood !== "serving") return;
    const result = change();
    this.#later(() => answer(result));
  }

  #later(task: () => void): void {
    const timer = this.#server.clock.schedule(this.#server.latencyMs, () => {
      this.#timers.delete(timer);
      if (this.#open) task();
    });
    this.#timers.add(timer);
  }
}

function statOf({ czxid, mzxid, pzxid }: Znode): ZnodeStat {
  return { czxid, mzxid, pzxid };
}

function bytes(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? Buffer.from(data) : data;
}
