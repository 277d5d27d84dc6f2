// What a churned mesh is made of: ZooKeeper, a control plane on it, an Envoy of each mode, a gRPC client of each kind.

import { type Config, type ControlPlane, startControlPlane } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";
import { type CallingClient, GRPC_CLIENTS, httpCaller, startGrpcCaller } from "./calling-client.js";
import { type ModalEnvoy, startEnvoyOfEachMode } from "./envoy-modes.js";
import { NERVE_PATH, NerveServices } from "./nerve-services.js";
import { configWith, STANDING, VISITING } from "./random-changes.js";

/** Everything that runs, before anybody calls anything. */
export interface ChurnedParts {
  readonly services: NerveServices;
  readonly controlPlane: ControlPlane;
  readonly envoys: readonly ModalEnvoy[];
  readonly callers: readonly CallingClient[];
  readonly base: Config;
  readonly ports: ReadonlyMap<string, number>;
}

export async function startChurnedParts(): Promise<ChurnedParts> {
  const zooKeeper = await startZooKeeper();
  const session = await openZooKeeperSession(zooKeeper.address);
  const services = new NerveServices(session);
  const ports = new Map<string, number>();
  for (const name of [...STANDING, ...VISITING]) ports.set(name, await freePort());
  await session.mkdirp("/nerve");
  for (const name of STANDING) {
    await services.create(name);
    for (let count = 0; count < 3; count++) await services.add(name);
  }
  const base = {
    sources: [
      {
        ...{ name: "zk", type: "zookeeper", servers: [zooKeeper.address], sessionTimeout: "4s" },
        paths: [{ path: NERVE_PATH, service: "{1}", format: "nerve" }],
      },
    ],
    // Nobody's absence is doubted: every change shall reach the clients at once. Checks wait for a machine under load.
    defaults: { safety: "off", check: { type: "tcp", interval: "1s", timeout: "1s", fall: 10, rise: 1 } },
  };
  const controlPlane = await startControlPlane(configWith(base, new Map(STANDING.map((name) => [name, {}])), ports));
  const envoys = await startEnvoyOfEachMode(controlPlane.xdsPort);
  const callers = [
    httpCaller("the Envoys", (service) => ports.get(service) ?? 0),
    ...GRPC_CLIENTS.map((kind) => startGrpcCaller(kind, controlPlane.xdsPort)),
  ];
  services.callers = callers;
  return { services, controlPlane, envoys, callers, base, ports };
}
