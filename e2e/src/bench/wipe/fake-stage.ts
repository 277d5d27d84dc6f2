import { FakeZooKeeper } from "@fairlead/control-plane/discovery/zookeeper/testing";
import { decode, RESOURCE_TYPES } from "@fairlead/proto";
import { seeded } from "@fairlead/shared";
import { FakeClock, MemoryStore } from "@fairlead/shared/testing";
import { stringify } from "yaml";
import { SimulatedBackends } from "../../simulation/simulated-backends.js";
import { simulateControlPlane } from "../../simulation/simulated-control-plane.js";
import { SimulatedList } from "../../simulation/simulated-list.js";
import { SimulatedNetwork } from "../../simulation/simulated-network.js";
import { MEMBERS, type Safety, wipeConfig } from "./config.js";
import type { Published, WipeStage } from "./run.js";

/** Promises come back between steps. A check waits a second for an answer: a step is small beside it. */
const STEP_MS = 20;
/** By then every check has passed once. */
const SETTLED_MS = 10_000;

export interface FakeStageOptions {
  readonly hosts: number;
  readonly seed: number;
  readonly safety: Safety;
  /** The control plane keeps its connection and sees everybody go; default: it loses sight meanwhile. */
  readonly inSight?: boolean;
}

/** The whole control plane on a fake clock, over a ZooKeeper in memory. */
export async function fakeStage(options: FakeStageOptions): Promise<WipeStage> {
  const clock = new FakeClock();
  const rngs = seeded(options.seed);
  const around = () => ({ clock, rng: seeded(Math.floor(rngs.next() * 2 ** 32)) });
  const zookeeper = new FakeZooKeeper(clock);
  const backends = new SimulatedBackends(around());
  const ids = Array.from({ length: options.hosts }, (_, index) => `10.0.0.${index + 1}:8080`);
  const register = (host: number) => zookeeper.create(`${MEMBERS}/host-${host}`, ids[host] ?? "");
  ids.forEach((id, host) => {
    backends.set(id, "up");
    register(host);
  });
  const config = stringify({ id: "cp-1", stateDir: "/state", ...wipeConfig("10.9.0.1:2181", options.safety) });
  const disks = { snapshot: new MemoryStore(), lineage: new MemoryStore(), zookeeper: new MemoryStore() };
  const unused = { list: new SimulatedList(around()), network: new SimulatedNetwork(around()) };
  const run = await simulateControlPlane({ address: "10.9.0.2:18000", disks, config }, { ...around(), backends, zookeeper, ...unused });
  const advance = async (ms: number) => {
    for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
      clock.advance(Math.min(STEP_MS, leftMs));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await advance(SETTLED_MS);
  const published: Published[] = [];
  run.view.watch(({ types }) => {
    const assignment = types.get(RESOURCE_TYPES.assignment)?.resources.get("shop");
    published.push({ atMs: clock.nowMs(), health: assignment === undefined ? {} : healthIn(assignment.value) });
  });
  return {
    ids,
    nowMs: () => clock.nowMs(),
    advance,
    takeAway: async () => {
      if (options.inSight !== true) zookeeper.become("down");
      zookeeper.delete(MEMBERS);
      zookeeper.create(MEMBERS);
    },
    bringBack: async (sessionExpired) => {
      if (sessionExpired && options.inSight !== true) zookeeper.expireSessions();
      zookeeper.become("serving");
    },
    register: async (host) => register(host),
    die: async (host, how) => backends.set(ids[host] ?? "", how),
    published: () => published,
    close: () => run.stop(),
  };
}

function healthIn(assignment: Buffer): Record<string, string> {
  const { endpoints } = decode("envoy.config.endpoint.v3.ClusterLoadAssignment", assignment);
  const all = endpoints.flatMap(({ lb_endpoints }) => lb_endpoints);
  return Object.fromEntries(
    all.map(({ endpoint, health_status }) => {
      const socket = endpoint?.address?.socket_address;
      return [`${socket?.address}:${socket?.port_value}`, health_status];
    }),
  );
}
