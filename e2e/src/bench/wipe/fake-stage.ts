import { FakeZooKeeper } from "@fairlead/control-plane/discovery/zookeeper/testing";
import { RESOURCE_TYPES } from "@fairlead/proto";
import { seeded } from "@fairlead/shared";
import { FakeClock, MemoryStore } from "@fairlead/shared/testing";
import { stringify } from "yaml";
import { statesIn } from "../../harness/assignment-watcher.js";
import { SimulatedBackends } from "../../simulation/simulated-backends.js";
import { simulateControlPlane } from "../../simulation/simulated-control-plane.js";
import { SimulatedList } from "../../simulation/simulated-list.js";
import { SimulatedNetwork } from "../../simulation/simulated-network.js";
import { MEMBERS, wipeConfig } from "./config.js";
import type { WipeStage } from "./run.js";

/** Promises come back between steps. A check waits a second for an answer: a step is small beside it. */
const STEP_MS = 20;

/** The whole control plane on a fake clock, over a ZooKeeper in memory; `close` ends it. */
export async function fakeStage(hosts: number, seed: number): Promise<WipeStage & { close(): Promise<void> }> {
  const clock = new FakeClock();
  const rngs = seeded(seed);
  const around = () => ({ clock, rng: seeded(Math.floor(rngs.next() * 2 ** 32)) });
  const zookeeper = new FakeZooKeeper(clock);
  const backends = new SimulatedBackends(around());
  const ids = Array.from({ length: hosts }, (_, index) => `10.0.0.${index + 1}:8080`);
  const register = (host: number) => zookeeper.create(`${MEMBERS}/host-${host}`, ids[host] ?? "");
  ids.forEach((id, host) => {
    backends.set(id, "up");
    register(host);
  });
  const config = stringify({ id: "cp-1", stateDir: "/state", ...wipeConfig("10.9.0.1:2181") });
  const disks = { snapshot: new MemoryStore(), lineage: new MemoryStore() };
  const others = { list: new SimulatedList(around()), network: new SimulatedNetwork(around()) };
  const run = await simulateControlPlane({ address: "10.9.0.2:18000", disks, config }, { ...around(), backends, zookeeper, ...others });
  const advance = async (ms: number) => {
    for (let leftMs = ms; leftMs > 0; leftMs -= STEP_MS) {
      clock.advance(Math.min(STEP_MS, leftMs));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const published = () => statesIn(run.view.value.types.get(RESOURCE_TYPES.assignment)?.resources.get("shop")?.value ?? Buffer.alloc(0));
  await advance(10_000);
  if ([...published().values()].filter((health) => health === "HEALTHY").length !== hosts) throw new Error("not every host is published");
  return {
    ids,
    nowMs: () => clock.nowMs(),
    advance,
    takeAway: async () => {
      zookeeper.become("down");
      zookeeper.delete(MEMBERS);
      zookeeper.create(MEMBERS);
    },
    bringBack: async (sessionExpired) => {
      if (sessionExpired) zookeeper.expireSessions();
      zookeeper.become("serving");
    },
    register: async (host) => register(host),
    die: async (host, how) => backends.set(ids[host] ?? "", how),
    watch: (seen) => void run.view.watch(() => seen(published(), clock.nowMs())),
    close: async () => {
      await run.stop();
    },
  };
}
