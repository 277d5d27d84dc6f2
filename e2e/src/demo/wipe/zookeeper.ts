// The two kinds of ZooKeeper the demo may run on, and how each loses every ephemeral of ours.

import { startZooKeeper } from "../../harness/zookeeper.js";
import type { ZooKeeperSession } from "../../harness/zookeeper-client.js";

export interface DemoZooKeeper {
  /** host:port. */
  readonly address: string;
  readonly what: string;
  /** Every session ends, and with it what it registered. */
  loseSessions(sessions: readonly ZooKeeperSession[]): Promise<void>;
}

const AWAY_MS = 1_000;

/** A server of our own: it is killed, comes back, and gives up every session as after a time-out. */
export async function ownZooKeeper(): Promise<DemoZooKeeper> {
  const server = await startZooKeeper();
  return {
    address: server.address,
    what: "kill -9 ZooKeeper; it comes back and has given up every session",
    loseSessions: async (sessions) => {
      await server.stop("SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
      await server.start();
      await Promise.all(sessions.map(({ id }) => server.expire(id)));
    },
  };
}

/** A server that somebody else runs and needs: it stays up, and the sessions end by themselves. */
export function givenZooKeeper(address: string): DemoZooKeeper {
  return {
    address,
    what: "every registered session ends",
    loseSessions: async (sessions) => void (await Promise.all(sessions.map((session) => session.close()))),
  };
}
