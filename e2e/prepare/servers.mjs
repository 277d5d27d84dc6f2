import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareDebianPackages, ZOOKEEPER_PACKAGES } from "./debian.mjs";
import { prepareEnvoy } from "./envoy.mjs";
import { prepareGoProgram } from "./go.mjs";
import { prepareNode24 } from "./node24.mjs";
import { top } from "./run.mjs";

/** Where everything is put that the end-to-end ring needs and npm cannot pin for us. Git-ignored; safe to delete. */
const serversFolder = join(top, ".servers");

/**
 * Makes sure of the real servers. ZooKeeper, knot and C-core gRPC are a must: without them this fails. Envoy and the
 * second Node exist for some platforms only: where they cannot be had, the reason is written to status.json and the
 * scenarios that need them are reported as not run, by name, with that reason.
 */
export async function prepareServers() {
  mkdirSync(serversFolder, { recursive: true });
  await prepareDebianPackages();
  const status = {
    envoy: await prepareEnvoy(join(serversFolder, "envoy")),
    node24: await prepareNode24(join(serversFolder, "node24")),
  };
  writeFileSync(join(serversFolder, "status.json"), `${JSON.stringify(status, undefined, 2)}\n`);
}

/** ZooKeeper alone, for the demo that needs nothing else. */
export async function prepareZooKeeper() {
  await prepareDebianPackages(ZOOKEEPER_PACKAGES);
}

/** The peer of the fan-out bench, where Go is installed. */
export async function prepareGoControlPlane() {
  return prepareGoProgram("go-control-plane", "github.com/envoyproxy/go-control-plane", join(serversFolder, "peers"));
}
