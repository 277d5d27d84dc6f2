// What the evict bench runs: six backends in three zones, registered in ZooKeeper, one sidecar and a load through it.

import { type Backend, startBackend } from "../../harness/backend.js";
import { type Load, startLoad } from "../../harness/http-load.js";
import { type MeshSidecar, sidecarOf } from "../../harness/mesh.js";
import { type ControlPlane, startControlPlane } from "../../harness/planes.js";
import { until } from "../../harness/until.js";
import { startZooKeeper, type ZooKeeperServer } from "../../harness/zookeeper.js";
import { openZooKeeperSession, type ZooKeeperSession } from "../../harness/zookeeper-client.js";

const ZONES = ["a", "b", "c"] as const;
const PER_ZONE = 2;
const SERVICE = "shop";
const MEMBERS = `/services/${SERVICE}`;
/**
 * Twice a second: a refusal is found after 500 ms at most, confirmed 100 ms later. HTTP, because a process that is stopped
 * still accepts connections.
 */
const CHECK = { type: "http", path: "/healthz", interval: "500ms", fastInterval: "500ms", timeout: "500ms", rise: 2, fall: 3 };
/** With 16 clients half of what is in flight may be at the host that dies; a fifth of it would be three retries at once. */
const RETRIES = { attempts: 1, budgetPercent: 100 };
const LOAD = { clients: 16, perSecond: 300 };
/** Longer than the route's 15 s: a request that waits for a silent endpoint ends by the sidecar's word, not by ours. */
const CLIENT_TIMEOUT_MS = 20_000;

export interface Member {
  readonly zone: string;
  readonly znode: string;
  /** Another process on the same port after a kill. */
  backend: Backend;
}

/** One endpoint as the sidecar has it. */
export interface SeenEndpoint {
  readonly id: string;
  readonly health: string;
  readonly requests: number;
  readonly inFlight: number;
}

export interface EvictStage {
  readonly server: ZooKeeperServer;
  readonly session: ZooKeeperSession;
  readonly controlPlane: ControlPlane;
  readonly sidecar: MeshSidecar;
  readonly members: readonly Member[];
  readonly load: Load;
}

export async function buildStage(): Promise<EvictStage> {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address);
  await session.mkdirp(MEMBERS);
  const members = await Promise.all(
    ZONES.flatMap((zone) =>
      Array.from({ length: PER_ZONE }, async (_, index) => {
        const name = `${zone}${index + 1}`;
        return { zone, znode: `${MEMBERS}/${name}`, backend: await startBackend({ name }) };
      }),
    ),
  );
  for (const member of members) await register(session, member);
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        paths: [{ path: MEMBERS, service: SERVICE, format: "curator" }],
      },
    ],
    defaults: { check: CHECK, retries: RETRIES },
  });
  const sidecar = await sidecarOf(controlPlane, [SERVICE]);
  const load = startLoad({ port: sidecar.ports[SERVICE] ?? 0, ...LOAD, timeoutMs: CLIENT_TIMEOUT_MS });
  const stage = { server, session, controlPlane, sidecar, members, load };
  await untilServing(stage, members);
  return stage;
}

/** As Curator's service discovery writes it. */
export async function register(session: ZooKeeperSession, { znode, zone, backend }: Member): Promise<void> {
  const payload = { "@class": "org.springframework.cloud.zookeeper.discovery.ZookeeperInstance", metadata: { zone } };
  const instance = { name: SERVICE, id: znode, address: "127.0.0.1", port: backend.port, sslPort: null, payload, serviceType: "DYNAMIC" };
  await session.create(znode, JSON.stringify(instance), "ephemeral");
}

/** The endpoints as the sidecar has them now. */
export async function look({ sidecar }: EvictStage): Promise<ReadonlyMap<string, SeenEndpoint>> {
  const body = await sidecar.plane.api<{ clusters: { service: string; endpoints: SeenEndpoint[] }[] }>("/clusters");
  const endpoints = body.clusters.find(({ service }) => service === SERVICE)?.endpoints ?? [];
  return new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
}

/** Requests given to an endpoint so far; those that wait for it included. */
export function givenTo(endpoint: SeenEndpoint | undefined): number {
  return endpoint === undefined ? 0 : endpoint.requests + endpoint.inFlight;
}

/** Waits until each of them is healthy at the sidecar and has been given requests again. */
export async function untilServing(stage: EvictStage, members: readonly Member[]): Promise<void> {
  const before = new Map<string, number>();
  await until(
    "the backends to be given requests again",
    async () => {
      const seen = await look(stage);
      return members.every(({ backend: { address } }) => {
        const endpoint = seen.get(address);
        if (endpoint?.health !== "healthy") return false;
        const first = before.get(address) ?? givenTo(endpoint);
        before.set(address, first);
        return givenTo(endpoint) > first;
      });
    },
    { timeoutMs: 40_000 },
  );
}
