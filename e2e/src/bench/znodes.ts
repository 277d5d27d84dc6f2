import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { type SnapshotHistory, startSnapshotHistory } from "../harness/snapshot-history.js";
import { untilEqual } from "../harness/until.js";
import { startZooKeeper, type ZooKeeperServer } from "../harness/zookeeper.js";
import { openZooKeeperSession, type ZooKeeperSession } from "../harness/zookeeper-client.js";
import type { Bench } from "./bench.js";
import { percentile } from "./percentile.js";
import { cpuMicrosOf, rssMbOf } from "./process-usage.js";

/** What is registered. */
interface Shape {
  readonly services: number;
  readonly members: number;
}

const ONE: Shape = { services: 1, members: 10_000 };
const MANY: Shape = { services: 1_000, members: 100 };
/** Each is a member that leaves, is given up after the debounce of a second, and comes back. */
const ROUNDS = 30;
const LOAD_TIMEOUT_MS = 120_000;
/** By then what loading left behind is done: garbage, and the save of it all (every 10 s at 100,000 endpoints). */
const SETTLED_MS = 15_000;
/** What the process does by itself, one save that only renews its time (every 20 s) among it. */
const IDLE_MS = 20_000;
const LONE_AFTER_MS = 200;
const CREATES_AT_ONCE = 1_000;

/**
 * What registrations in ZooKeeper cost the control plane, in a process of its own, with one client on its stream and no
 * checks. `load_ms`: from the start of the process to a snapshot that has everybody. `change_to_snapshot`: from the
 * creation of a znode being sent to the assignment that has the member arriving at the client; the two reads, the publish
 * delay (10 ms) and the push are in it. `cpu_us_per_change`: CPU of the whole process, its idle share taken off, per
 * member that leaves or comes. `reads_per_change`: ZooKeeper's own count; one list of the children, and the member where
 * one has come. Registrations are Curator's. Figures without a prefix: 10,000 members under one service; `many_`: 1,000
 * services of 100, of which one changes.
 */
export const znodes: Bench = {
  name: "znodes",
  measures: "loading 10,000 members of one service, and 1,000 services of 100; what one more costs",
  run: async () => {
    const one = await measure(ONE);
    const many = await measure(MANY);
    return { ...one, ...Object.fromEntries(Object.entries(many).map(([name, value]) => [`many_${name}`, value])) };
  },
};

async function measure(shape: Shape): Promise<Readonly<Record<string, number>>> {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address, 30_000);
  await registerAll(session, shape);
  const controlPlane = await startControlPlane(configOf(server), { waitFor: "nothing" });
  const startedMs = performance.now();
  await untilEqual("endpoints published", () => endpointsPublished(controlPlane), shape.services * shape.members, {
    timeoutMs: LOAD_TIMEOUT_MS,
    everyMs: 25,
  });
  const loadMs = Math.round(performance.now() - startedMs);
  const history = await startSnapshotHistory(controlPlane, serviceName(0));
  const changes = await change({ server, session, controlPlane, history, shape });
  history.stop();
  const rssMb = rssMbOf(controlPlane.process().pid);
  await controlPlane.stop();
  await server.stop();
  const figures = { load_ms: loadMs, ...changes, rss_mb: rssMb };
  console.log(`${shape.services} x ${shape.members}: ${JSON.stringify(figures)}`);
  return figures;
}

interface Stage {
  readonly server: ZooKeeperServer;
  readonly session: ZooKeeperSession;
  readonly controlPlane: ControlPlane;
  readonly history: SnapshotHistory;
  readonly shape: Shape;
}

async function change({ server, session, controlPlane, history, shape }: Stage) {
  const { pid } = controlPlane.process();
  const idlePerMs = await idleCpuPerMs(pid);
  const readsBefore = await readsAt(server);
  const cpuBefore = cpuMicrosOf(pid);
  const beganMs = performance.now();
  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const member = memberOf(0, (round * 331) % shape.members);
    await session.remove(member.path);
    await untilEqual("a member that left to be published", () => isPublished(history, member.address), false, { everyMs: 5 });
    // A change within 50 ms of the last publish is merged with others by design: what is measured is a lone one.
    await pause(LONE_AFTER_MS);
    history.forget();
    const sentMs = performance.now();
    await session.create(member.path, member.data);
    await untilEqual("a member that came to be published", () => isPublished(history, member.address), true, { everyMs: 5 });
    tookMs.push((history.steps().find(({ health }) => health[member.address] !== undefined)?.atMs ?? Number.NaN) - sentMs);
  }
  const cpuMicros = cpuMicrosOf(pid) - cpuBefore - idlePerMs * (performance.now() - beganMs);
  return {
    cpu_us_per_change: Math.round(cpuMicros / (2 * ROUNDS)),
    change_to_snapshot_p50_ms: percentile(tookMs, 50),
    change_to_snapshot_p99_ms: percentile(tookMs, 99),
    reads_per_change: Math.round(((await readsAt(server)) - readsBefore) / (2 * ROUNDS) / 0.1) / 10,
  };
}

async function idleCpuPerMs(pid: number): Promise<number> {
  await pause(SETTLED_MS);
  const before = cpuMicrosOf(pid);
  const beganMs = performance.now();
  await pause(IDLE_MS);
  return (cpuMicrosOf(pid) - before) / (performance.now() - beganMs);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function isPublished(history: SnapshotHistory, address: string): boolean {
  return history.now().health[address] !== undefined;
}

async function endpointsPublished(controlPlane: ControlPlane): Promise<number> {
  const { services } = await controlPlane.api<{ services: { endpoints: number }[] }>("/v1/snapshot");
  return services.reduce((sum, { endpoints }) => sum + endpoints, 0);
}

/** Reads that the server has answered, of everybody. Ours are writes and two words. */
async function readsAt(server: ZooKeeperServer): Promise<number> {
  return Number(/^zk_cnt_readlatency\s+(\d+)/m.exec(await server.ask("mntr"))?.[1]);
}

function configOf(server: ZooKeeperServer) {
  const paths = [{ path: "/services/*", service: "{1}", format: "curator" }];
  return { sources: [{ name: "zk", type: "zookeeper", servers: [server.address], paths }], defaults: { check: "none" } };
}

function serviceName(service: number): string {
  return `service-${service}`;
}

/** As Curator's service discovery writes it. */
function memberOf(service: number, member: number) {
  const name = serviceName(service);
  const ip = `10.${service >> 8}.${member >> 8}.${member & 255}`;
  const port = 1_024 + (service & 255);
  const id = `${String(member).padStart(8, "0")}-7a1b-4c2d-9e3f-${String(service).padStart(12, "0")}`;
  const payload = { "@class": "org.springframework.cloud.zookeeper.discovery.ZookeeperInstance", metadata: { zone: `zone-${member % 3}` } };
  const registration = {
    name,
    id,
    address: ip,
    port,
    sslPort: null,
    payload,
    registrationTimeUTC: 1_764_000_000_000,
    serviceType: "DYNAMIC",
  };
  return { path: `/services/${name}/${id}`, data: JSON.stringify(registration), address: `${ip}:${port}` };
}

async function registerAll(session: ZooKeeperSession, { services, members }: Shape): Promise<void> {
  let creating: Promise<string>[] = [];
  for (let service = 0; service < services; service++) {
    await session.mkdirp(`/services/${serviceName(service)}`);
    for (let member = 0; member < members; member++) {
      const { path, data } = memberOf(service, member);
      creating.push(session.create(path, data));
      if (creating.length < CREATES_AT_ONCE) continue;
      await Promise.all(creating);
      creating = [];
    }
  }
  await Promise.all(creating);
}
