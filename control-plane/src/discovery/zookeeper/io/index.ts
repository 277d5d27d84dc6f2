import type { Connect } from "../connection.js";
import { connectOver, type SessionDeps } from "../session.js";
import { openNodeLink } from "./node-link.js";

/** ZooKeeper over TCP, as `zookeeperSource` wants it. */
export function connectZooKeeper(deps: Omit<SessionDeps, "openLink">): Connect {
  return connectOver({ ...deps, openLink: openNodeLink });
}
