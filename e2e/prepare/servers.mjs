import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareDebianPackages, prepareProxyPackages, ZOOKEEPER_PACKAGES } from "./debian.mjs";
import { prepareEnvoy } from "./envoy.mjs";
import { prepareGoProgram } from "./go.mjs";
import { prepareJavaProgram } from "./java.mjs";
import { prepareNode24 } from "./node24.mjs";
import { top } from "./run.mjs";

/** Where everything is put that the end-to-end ring needs and npm cannot pin for us. Git-ignored; safe to delete. */
const serversFolder = join(top, ".servers");
const builtPeers = join(serversFolder, "peers");

/**
 * Makes sure of the real servers. ZooKeeper, knot and C-core gRPC are a must: without them this fails. Envoy and the
 * second Node exist for some platforms only, and clients in Go and Java are built where their tool chains are installed:
 * where one cannot be had, the reason is written to status.json and the scenarios that need it are reported as not run, by
 * name, with that reason. Most of it is waiting for registries, so they are prepared side by side.
 */
export async function prepareServers() {
  mkdirSync(serversFolder, { recursive: true });
  await prepareDebianPackages();
  const [envoy, node24, grpcGo, grpcJava] = await Promise.all([
    prepareEnvoy(join(serversFolder, "envoy")),
    prepareNode24(join(serversFolder, "node24")),
    prepareGoProgram("grpc-go", "google.golang.org/grpc", builtPeers),
    prepareJavaProgram("grpc-java", "GrpcJava", builtPeers),
  ]);
  const status = { envoy, node24, grpcGo, grpcJava };
  writeFileSync(join(serversFolder, "status.json"), `${JSON.stringify(status, undefined, 2)}\n`);
}

/** ZooKeeper alone, for the demo that needs nothing else. */
export async function prepareZooKeeper() {
  await prepareDebianPackages(ZOOKEEPER_PACKAGES);
}

/** The peer of the fan-out bench, where Go is installed. */
export async function prepareGoControlPlane() {
  return prepareGoProgram("go-control-plane", "github.com/envoyproxy/go-control-plane", builtPeers);
}

/** The other proxies of the proxy bench, and its load generator. */
export async function prepareProxies() {
  await prepareProxyPackages();
}
