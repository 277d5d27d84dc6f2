import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { repositoryTop } from "../../harness/paths.js";
import { stopEverything } from "../../harness/teardown.js";
import { buildWipedStage } from "./stage.js";
import { wipeTour } from "./wipe-tour.js";
import { givenZooKeeper, ownZooKeeper } from "./zookeeper.js";

/** Plays the wipe and judges it. @param given host:port of a running ZooKeeper; without one, one is installed and started */
export async function runWipe(given: string | undefined, say: (text: string) => void): Promise<boolean> {
  if (given === undefined && !installZooKeeper()) return false;
  say("starting ten backends, a control plane and a sidecar, and a plain watcher beside them");
  const stage = await buildWipedStage(given === undefined ? await ownZooKeeper() : givenZooKeeper(given));
  const result = await wipeTour(stage, say).finally(() => stage.cleanUp());
  await stopEverything();
  say(JSON.stringify(result));
  return result.ok;
}

/** Says by itself what is missing where it cannot be installed. */
function installZooKeeper(): boolean {
  return spawnSync(process.execPath, [join(repositoryTop, "e2e/prepare.mjs"), "--zookeeper"], { stdio: "inherit" }).status === 0;
}
