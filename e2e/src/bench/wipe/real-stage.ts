import { startFaultProxy } from "../../harness/fault-proxy.js";
import { startFastControlPlane } from "../../harness/planes.js";
import { startSnapshotHistory } from "../../harness/snapshot-history.js";
import { untilEqual } from "../../harness/until.js";
import type { ZooKeeperServer } from "../../harness/zookeeper.js";
import { openZooKeeperSession } from "../../harness/zookeeper-client.js";
import { startHosts } from "../hosts.js";
import { MEMBERS, wipeConfig } from "./config.js";
import type { WipeStage } from "./run.js";

/** Every clock of the control plane is divided by it. */
const TIMES = 30;

/**
 * The built control plane with every clock divided, a real ZooKeeper, real hosts. ZooKeeper goes away behind a proxy that
 * refuses, and meanwhile the owner of all registrations ends its session.
 */
export async function realStage(server: ZooKeeperServer, hosts: number): Promise<WipeStage> {
  const running = await startHosts(hosts);
  const { ids } = running;
  let session = await openZooKeeperSession(server.address);
  await session.mkdirp(MEMBERS);
  const register = async (host: number) => void (await session.create(`${MEMBERS}/host-${host}`, ids[host], "ephemeral"));
  await Promise.all(ids.map((_, host) => register(host)));
  const proxy = await startFaultProxy(server);
  const plane = await startFastControlPlane(TIMES, wipeConfig(proxy.address, "standard"));
  const history = await startSnapshotHistory(plane, "shop");
  const healthy = () => Object.values(history.now().health).filter((health) => health === "HEALTHY").length;
  await untilEqual("the hosts published as healthy", healthy, hosts);
  history.forget();
  return {
    ids,
    nowMs: () => performance.now() * TIMES,
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms / TIMES)),
    takeAway: async () => {
      await proxy.set({ kind: "refuse" });
      await session.close();
    },
    bringBack: async (sessionExpired) => {
      session = await openZooKeeperSession(server.address);
      const others = (await server.sessions()).filter((id) => id !== session.id);
      // The session of the control plane, unless it has expired by itself.
      if (sessionExpired) await Promise.all(others.map((id) => server.expire(id).catch(() => undefined)));
      await proxy.set({ kind: "pass" });
    },
    register,
    die: (host, how) => running.die(host, how),
    published: () => history.steps().map(({ atMs, health }) => ({ atMs: atMs * TIMES, health })),
    close: async () => {
      history.stop();
      await plane.kill();
      await proxy.stop();
      await session.close();
      await running.end();
    },
  };
}
