// The control plane of the snapshot bench, alone in its process: the whole app on this machine, but that its source says what it is
// told and its checks always pass.
// usage: snapshot-plane-main.js CLUSTERS ENDPOINTS STATE_DIR       (ordered over the message channel)
import { startControlPlane } from "@fairlead/control-plane/app";
import { readSettings, type Settings } from "@fairlead/control-plane/config";
import { LiveRegistry } from "@fairlead/control-plane/registry";
import { systemWorld, type World } from "@fairlead/control-plane/world";
import { RESOURCE_TYPES } from "@fairlead/proto";
import { seeded } from "@fairlead/shared";
import { until } from "../harness/until.js";
import { BenchSource, serviceAt } from "./snapshot/bench-source.js";
import type { PlaneOrder, PlaneReport } from "./snapshot/plane-protocol.js";

type Served = Parameters<World["serveXds"]>[0];
type Observer = Served["observer"];

/** Longer than a publish waits for quiet: the next change is a lone one again. */
const QUIET_MS = 60;
/** An endpoint that flaps stays away longer than a calm source's hold, 1 s: it leaves the assignment and comes back. */
const AWAY_MS = 3_000;
const TICK_MS = 10;
/** Where the machine is too busy to keep the pace, ticks come late; ten of them are made up for. */
const LEAVES_PER_TICK = 50;
/** Past the first holds, and the first saves of what changed. */
const STEADY_AFTER_MS = 10_000;

const [clusters = 1, endpoints = 100] = process.argv.slice(2, 4).map(Number);
const text = `
id: bench
stateDir: ${process.argv[4]}
bootWait: 1ms
xds: { listen: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
sources: [ { name: none, type: static, services: {} } ]
defaults: { check: { type: tcp, interval: 1h } }
`;
const report = (message: PlaneReport) => process.send?.(message);

/** What the world is seen to do. */
const seen = { acks: 0, saves: 0, viewOf: undefined as Served["viewOf"] | undefined };

function watched(world: World): World {
  const { snapshot } = world.stores;
  return {
    ...world,
    probe: { send: () => Promise.resolve({ outcome: "passed", detail: "bench" }) },
    stores: { ...world.stores, snapshot: { load: () => snapshot.load(), save: (...args) => noted(snapshot.save(...args)) } },
    serveXds: (what, at) => {
      seen.viewOf = what.viewOf;
      return world.serveXds({ ...what, observer: countingAcks(what.observer) }, at);
    },
  };
}

async function noted<T>(saving: Promise<T>): Promise<T> {
  seen.saves += 1;
  const saved = await saving;
  seen.saves += 1;
  return saved;
}

function countingAcks(of: Observer): Observer {
  return {
    opened: (...args) => of.opened(...args),
    closed: (...args) => of.closed(...args),
    subscribed: (...args) => of.subscribed(...args),
    sent: (...args) => of.sent(...args),
    nacked: (...args) => of.nacked(...args),
    gateExpired: (...args) => of.gateExpired(...args),
    acked: (...args) => {
      of.acked(...args);
      seen.acks += 1;
    },
  };
}

const read = readSettings({ main: { file: "bench.yaml", text }, environment: {}, included: [], resolve: (path) => path });
if (!read.ok) throw new Error(JSON.stringify(read.error));
const settings = withRareChecks(read.value.settings);
const started = await startControlPlane(watched(await systemWorld(settings, "warn")), settings);
if (!started.ok) throw new Error(started.error.reason);
const { admin, xdsPort } = started.value;
const source = new BenchSource(clusters, endpoints);
if (!(admin.registry instanceof LiveRegistry)) throw new Error("the registry is another one");
admin.registry.configure({ ...settings, sources: [source] });

/** Every endpoint is checked when it comes; after that the checks are out of the picture. */
function withRareChecks(all: Settings): Settings {
  const { check } = all.defaults;
  if (check.type === "none") throw new Error("the bench checks nothing");
  return { ...all, defaults: { ...all.defaults, check: { ...check, intervalMs: 10 * 86_400_000 } } };
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

let changed = 0;

async function changeOnce(): Promise<{ readonly micros: number; readonly saved: boolean }> {
  const before = { micros: cpuMicros(), saves: seen.saves, acks: seen.acks };
  changed += 1;
  source.reweight(changed % clusters, changed % endpoints, 101 + (changed % 9_000));
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  await until("the change to be acknowledged", () => seen.acks > before.acks, { timeoutMs: 60_000 });
  // Odd while one is being written.
  return { micros: cpuMicros() - before.micros, saved: seen.saves !== before.saves || seen.saves % 2 === 1 };
}

async function change(changes: number): Promise<void> {
  const clear: number[] = [];
  const saving: number[] = [];
  for (let count = 0; count < changes; count++) {
    const { micros, saved } = await changeOnce();
    (saved ? saving : clear).push(micros);
  }
  report({ kind: "changed", clear, saving });
}

const SIDECAR = {
  id: "node-0",
  cluster: "bench",
  zone: "",
  userAgentName: "fairlead",
  userAgentVersion: "",
  clientFeatures: [],
  metadata: {},
};

/** Counts what each publish changes, independently of what is sent. */
function countChanges() {
  const view = seen.viewOf?.(SIDECAR);
  if (view === undefined) throw new Error("no xDS is served");
  const assignments = () => view.value.types.get(RESOURCE_TYPES.assignment)?.resources ?? new Map<string, never>();
  const counted = { publishes: -1, changedBytes: 0, fullBytes: 0 };
  let before = assignments();
  const watch = view.watch(() => {
    const now = assignments();
    counted.publishes += 1;
    counted.fullBytes = 0;
    for (const [name, resource] of now) {
      counted.fullBytes += resource.value.length;
      if (before.get(name) !== resource) counted.changedBytes += resource.value.length;
    }
    before = now;
  });
  return { counted, close: () => watch.close() };
}

/** Half of the events are departures, of endpoints drawn at random; the other half are those that come back. */
async function flap(perSecond: number, seconds: number): Promise<void> {
  const rng = seeded(1);
  const { counted, close } = countChanges();
  const away: { readonly cluster: number; readonly index: number; readonly untilMs: number }[] = [];
  const gone = new Set<number>();
  const beganMs = performance.now();
  const endMs = beganMs + STEADY_AFTER_MS + seconds * 1_000;
  let changes = 0;
  let leaves = 0;
  let steady: { readonly micros: number; readonly changes: number } | undefined;
  const comeBack = (nowMs: number) => {
    while (away[0] !== undefined && away[0].untilMs <= nowMs) {
      const { cluster, index } = away.shift() ?? away[0];
      gone.delete(cluster * endpoints + index);
      source.comeBack(cluster, index);
      changes += 1;
    }
  };
  for (let nowMs = beganMs; nowMs < endMs; nowMs = performance.now()) {
    comeBack(nowMs);
    const due = Math.floor(((nowMs - beganMs) / 1_000) * (perSecond / 2));
    for (let more = Math.min(due - leaves, LEAVES_PER_TICK); more > 0; more--) {
      const cluster = Math.floor(rng.next() * clusters);
      const index = Math.floor(rng.next() * endpoints);
      if (gone.has(cluster * endpoints + index)) continue;
      gone.add(cluster * endpoints + index);
      away.push({ cluster, index, untilMs: nowMs + AWAY_MS });
      source.leave(cluster, index);
      changes += 1;
    }
    leaves = due;
    if (steady === undefined && nowMs - beganMs > STEADY_AFTER_MS) steady = { micros: cpuMicros(), changes };
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const from = steady ?? { micros: 0, changes: 0 };
  const cpuMicrosPerChange = (cpuMicros() - from.micros) / (changes - from.changes);
  const tookS = (performance.now() - beganMs) / 1_000;
  await until(
    "everybody to be back and published",
    () => {
      comeBack(performance.now());
      return away.length === 0 && isWhole();
    },
    { timeoutMs: 60_000 },
  );
  await until(
    "quiet",
    quietSince(() => counted.publishes, 2_000),
    { timeoutMs: 60_000 },
  );
  await close();
  report({ kind: "flapped", changes, tookS, cpuMicrosPerChange, ...counted });
}

function isWhole(): boolean {
  const { services } = admin.snapshot.value;
  for (let cluster = 0; cluster < clusters; cluster++) {
    if (services.get(serviceAt(cluster))?.endpoints.length !== endpoints) return false;
  }
  return true;
}

function quietSince(read: () => number, forMs: number): () => boolean {
  let last = read();
  let sinceMs = performance.now();
  return () => {
    if (read() !== last) {
      last = read();
      sinceMs = performance.now();
    }
    return performance.now() - sinceMs > forMs;
  };
}

process.on("message", (message) => {
  const order = message as PlaneOrder;
  void (order.kind === "change" ? change(order.changes) : flap(order.perSecond, order.seconds));
});
await until("everything to be published", isWhole, { timeoutMs: 60_000 });
report({ kind: "listening", port: xdsPort });
