import { freePort } from "./ports.js";
import { until } from "./until.js";
import { prepareZooKeeper, type ZooKeeperOptions, type ZooKeeperServer } from "./zookeeper.js";

/** Several ZooKeeper servers on 127.0.0.1 that keep one tree. Each can be stopped, suspended and started again by itself. */
export type ZooKeeperEnsemble = {
  readonly servers: readonly ZooKeeperServer[];
  /** host:port of each, as they go into a config. */
  readonly addresses: readonly string[];
  /** The server that leads now; rejects while there is no quorum. */
  leader(): Promise<ZooKeeperServer>;
  /** The servers that follow now. */
  followers(): Promise<readonly ZooKeeperServer[]>;
  /** Starts all that are stopped together, and waits until each serves. */
  startAll(): Promise<void>;
  /** Ends all; SIGKILL by default. */
  stopAll(signal?: NodeJS.Signals): Promise<void>;
};

/** What `srvr` calls a server's part. */
const roleLine = /^Mode: (\w+)/m;

/** Starts an ensemble and waits until every server serves. A majority of them is a quorum. */
export async function startZooKeeperEnsemble(size = 3, options: Omit<ZooKeeperOptions, "id"> = {}): Promise<ZooKeeperEnsemble> {
  const settings: Record<string, string | number | boolean> = {
    standaloneEnabled: false,
    reconfigEnabled: false,
    quorumListenOnAllIPs: false,
    ...options.settings,
  };
  for (let id = 1; id <= size; id++) settings[`server.${id}`] = `127.0.0.1:${await freePort()}:${await freePort()}`;
  const servers: ZooKeeperServer[] = [];
  for (let id = 1; id <= size; id++) servers.push(await prepareZooKeeper({ ...options, settings, id }));

  const withRole = async (role: string): Promise<ZooKeeperServer[]> => {
    const roles = await Promise.all(servers.map(roleOf));
    return servers.filter((_, index) => roles[index] === role);
  };
  const startAll = async (): Promise<void> => {
    await Promise.all(
      servers.map(async (server) => {
        if (!server.runs()) await server.start("nothing");
      }),
    );
    await until(
      "every server of the ensemble to serve",
      async () => (await Promise.all(servers.map(roleOf))).every((role) => role === "leader" || role === "follower"),
      { timeoutMs: 120_000 },
    );
  };
  await startAll();
  return {
    servers,
    addresses: servers.map(({ address }) => address),
    leader: async () => {
      const [leader] = await withRole("leader");
      if (leader === undefined) throw new Error("the ensemble has no leader");
      return leader;
    },
    followers: () => withRole("follower"),
    startAll,
    stopAll: async (signal) => {
      await Promise.all(servers.map((server) => server.stop(signal)));
    },
  };
}

/** `leader`, `follower`, or `none`: without a quorum, or without an answer. */
async function roleOf(server: ZooKeeperServer): Promise<string> {
  try {
    return roleLine.exec(await server.ask("srvr"))?.[1] ?? "none";
  } catch {
    return "none";
  }
}
