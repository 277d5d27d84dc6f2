// The server of the fan-out benches, alone in its process: the xDS library, with the fleet room as its observer.
// usage: xds-server-main.js CLUSTERS ENDPOINTS [PORT [WEIGHT]]       (ordered over the message channel)
// WEIGHT is that of the first endpoint of every cluster: with the same one another process serves the same content.
import { newFleet } from "@fairlead/control-plane/fleet";
import { type ResourceSets, resourceSets, xdsServer } from "@fairlead/control-plane/xds";
import { RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, newMetrics } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
import type { ServerOrder, ServerReport } from "./fanout/fleet-protocol.js";
import { monotonicMs } from "./fanout/monotonic.js";
import { percentile } from "./percentile.js";

const [clusters = 1, endpoints = 100, port = 0, firstWeight = 100] = process.argv.slice(2).map(Number);
const weights = new Map<string, number>();

function assignment(name: string) {
  const weightOf = (index: number) => (index === 0 ? (weights.get(name) ?? firstWeight) : 100);
  const lb_endpoints = Array.from({ length: endpoints }, (_, index) => ({
    endpoint: { address: { socket_address: { address: `10.0.${index >> 8}.${index & 255}`, port_value: 8_080 } } },
    load_balancing_weight: { value: weightOf(index) },
  }));
  return { cluster_name: name, endpoints: [{ locality: { zone: "a" }, load_balancing_weight: { value: 1 }, lb_endpoints }] };
}

const names = Array.from({ length: clusters }, (_, index) => `c${index}`);
const built = new Map(names.map((name) => [name, assignment(name)]));
const view = new Cell(resourceSets({ assignments: Object.fromEntries(built) }));
const metrics = newMetrics();
const fleet = newFleet({ clock: systemClock, metrics, log: new RecordedLog(), knows: () => false });
const report = (message: ServerReport) => process.send?.(message);

let acks = 0;
let pushedAtMs = 0;
let ackMs: number[] = [];
let onAck = () => {};
const { observer } = fleet;
const counting = {
  ...bound(observer),
  acked: (...args: Parameters<typeof observer.acked>) => {
    observer.acked(...args);
    if (args[0].node.cluster !== "bench") return;
    acks += 1;
    ackMs.push(monotonicMs() - pushedAtMs);
    onAck();
  },
};

function bound(of: typeof observer): typeof observer {
  return {
    opened: (stream) => of.opened(stream),
    closed: (stream, reason) => of.closed(stream, reason),
    subscribed: (stream, typeUrl, subscribed, wildcard) => of.subscribed(stream, typeUrl, subscribed, wildcard),
    sent: (stream, typeUrl, response) => of.sent(stream, typeUrl, response),
    acked: (stream, typeUrl, nonce, version) => of.acked(stream, typeUrl, nonce, version),
    nacked: (stream, typeUrl, nack) => of.nacked(stream, typeUrl, nack),
    gateExpired: (stream, typeUrl) => of.gateExpired(stream, typeUrl),
  };
}

/** One change of a cluster that everybody has; resolves when everybody has acknowledged it. */
function pushOnce(round: number, everybody: number): Promise<void> {
  const name = names[round % names.length] ?? "c0";
  weights.set(name, ((weights.get(name) ?? firstWeight) % 1_000) + 1);
  built.set(name, assignment(name));
  acks = 0;
  const done = new Promise<void>((resolve) => {
    onAck = () => {
      if (acks === everybody) resolve();
    };
  });
  const next = withChange(resourceSets({ assignments: Object.fromEntries(built) }, view.value), name);
  pushedAtMs = monotonicMs();
  view.set(next);
  return done;
}

/** As the control plane renders a change, with when it was: measuring how long it takes is part of the cost. */
function withChange(sets: ResourceSets, name: string): ResourceSets {
  const [typeUrl, set] = [RESOURCE_TYPES.assignment, sets.types.get(RESOURCE_TYPES.assignment)];
  const resource = set?.resources.get(name);
  if (set === undefined || resource === undefined) return sets;
  const nowMs = systemClock.nowMs();
  const resources = new Map([...set.resources, [name, { ...resource, changes: [{ eventMs: nowMs, publishedMs: nowMs }] }]]);
  return { ...sets, types: new Map([...sets.types, [typeUrl, { ...set, resources }]]) };
}

const streams = () => fleet.nodes.filter(({ ended, cluster }) => ended === undefined && cluster === "bench").length;

async function obey(order: ServerOrder): Promise<void> {
  if (order.kind === "measure") {
    // With the pages that it frees given back, as by the Go peer (debug.FreeOSMemory).
    global.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
    report({ kind: "measured", rssBytes: process.memoryUsage.rss() });
    return;
  }
  const { rounds, streams: everybody = streams() } = order;
  ackMs = [];
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const ackedMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const beganMs = performance.now();
    await pushOnce(round, everybody);
    ackedMs.push(performance.now() - beganMs);
  }
  const { user, system } = process.cpuUsage(cpu);
  const took = { cpuMicros: user + system, tookMs: performance.now() - startMs, atMs: monotonicMs() };
  report({ kind: "pushed", pushes: rounds * everybody, ackedMs, ackP99Ms: percentile(ackMs, 99), ...took });
}

// At once, as a process that is killed, but for the profile it may have been asked for.
process.on("SIGTERM", () => process.exit());
process.on("message", (order) => void obey(order as ServerOrder));
const server = xdsServer({ viewOf: () => view, observer: counting, metrics, identifier: "bench" });
const listening = await server.listen({ host: "127.0.0.1", port });
if (!listening.ok) throw new Error(listening.error);
report({ kind: "listening", port: listening.value.port });
