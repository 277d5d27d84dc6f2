import { execFileSync } from "node:child_process";
import { RESOURCE_TYPES } from "@fairlead/proto";
import { startControlPlane } from "../../harness/planes.js";
import { startZooKeeper } from "../../harness/zookeeper.js";
import { openZooKeeperSession, type ZooKeeperSession } from "../../harness/zookeeper-client.js";
import type { FleetReport } from "../fanout/fleet-protocol.js";
import { monotonicMs } from "../fanout/monotonic.js";
import { type PinnedScript, startPinnedScript } from "../fanout/pinned-script.js";
import { cpuMicrosOf } from "../process-usage.js";

const ENDPOINTS = 100;
/** A change within 50 ms of a publish is merged with others by design: what is measured is a lone one. */
const LONE_AFTER_MS = 300;
const TYPES = [RESOURCE_TYPES.cluster, RESOURCE_TYPES.assignment, RESOURCE_TYPES.routeConfiguration];

export interface SourceToAckOptions {
  readonly streams: number;
  readonly rounds: number;
}

export interface SourceToAckFigures {
  /** Of each sidecar and change. */
  readonly tookMs: readonly number[];
  /** Of the control plane, from the write to the last ACK, by change. */
  readonly cpuMs: readonly number[];
}

/**
 * From a write to ZooKeeper being sent to each sidecar's ACK being written, through the real control plane, alone on core 0: its watch, the
 * reads, the debounce, the snapshot, the rendering, the push. Every sidecar has the service's Cluster, assignment and routes, as ours do; a
 * round re-weights one of the hundred endpoints, the next one adds one. No checks: an endpoint that is added serves at once.
 */
export async function measureSourceToAck({ streams, rounds }: SourceToAckOptions): Promise<SourceToAckFigures> {
  const zooKeeper = await startZooKeeper();
  const session = await openZooKeeperSession(zooKeeper.address, 30_000);
  await session.mkdirp("/services/shop");
  await Promise.all(Array.from({ length: ENDPOINTS }, (_, member) => session.create(pathOf(member), dataOf(member, 100))));
  const paths = [{ path: "/services/*", service: "{1}", format: "curator" }];
  const controlPlane = await startControlPlane({
    sources: [{ name: "zk", type: "zookeeper", servers: [zooKeeper.address], paths }],
    defaults: { check: "none" },
  });
  const { pid } = controlPlane.process();
  execFileSync("taskset", ["-a", "-p", "-c", "0", String(pid)]);
  const fleet = startPinnedScript<FleetReport>("xds-clients-main.js", 1, []);
  fleet.send({ kind: "connect", port: controlPlane.xdsPort, streams, types: TYPES, names: ["shop"] });
  await fleet.next("synced");
  const tookMs: number[] = [];
  const cpuMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await prepare(fleet);
    const cpuBefore = cpuMicrosOf(pid);
    tookMs.push(...(await measureOne(round, session, fleet)));
    cpuMs.push((cpuMicrosOf(pid) - cpuBefore) / 1_000);
  }
  await fleet.end();
  await controlPlane.stop();
  await zooKeeper.stop();
  return { tookMs, cpuMs };
}

async function prepare(fleet: PinnedScript<FleetReport>): Promise<void> {
  fleet.send({ kind: "expect", typeUrl: RESOURCE_TYPES.assignment });
  await fleet.next("expecting");
  await new Promise((resolve) => setTimeout(resolve, LONE_AFTER_MS));
}

async function measureOne(round: number, session: ZooKeeperSession, fleet: PinnedScript<FleetReport>): Promise<readonly number[]> {
  const sentAtMs = monotonicMs();
  const added = ENDPOINTS + round;
  if (round % 2 === 0) await session.set(pathOf(round % ENDPOINTS), dataOf(round % ENDPOINTS, 101 + round));
  else await session.create(pathOf(added), dataOf(added, 100));
  const { atMs } = await fleet.next("received");
  return atMs.map((each) => each - sentAtMs);
}

function pathOf(member: number): string {
  return `/services/shop/member-${member}`;
}

/** As Curator's service discovery writes it. */
function dataOf(member: number, weight: number): string {
  const payload = { metadata: { zone: "a", weight: String(weight) } };
  return JSON.stringify({ name: "shop", id: `member-${member}`, address: `10.0.${member >> 8}.${member & 255}`, port: 8_080, payload });
}
