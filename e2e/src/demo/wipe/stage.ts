// What the wipe runs: ten backends of two services, each registered by a session of its own; a control plane and a
// sidecar; beside them a plain watcher; the same load through both.

import { type Backend, startBackend } from "../../harness/backend.js";
import { type Load, startLoad } from "../../harness/http-load.js";
import { type MeshSidecar, sidecarOf, untilUsable, WHOLE_RETRIES } from "../../harness/mesh.js";
import { type ControlPlane, startControlPlane } from "../../harness/planes.js";
import { type SnapshotHistory, startSnapshotHistory } from "../../harness/snapshot-history.js";
import { untilEqual } from "../../harness/until.js";
import { openZooKeeperSession, type ZooKeeperSession } from "../../harness/zookeeper-client.js";
import { startPlainProxy } from "./plain-proxy.js";
import type { DemoZooKeeper } from "./zookeeper.js";

export const WIPED_SERVICES = ["shop", "cart"] as const;
export type WipedService = (typeof WIPED_SERVICES)[number];

const BACKENDS_EACH = 5;
/** A refusal is found within half a second and confirmed 100 ms later. */
const CHECK = { type: "http", path: "/healthz", interval: "500ms", timeout: "500ms", fall: 5 };
const LOAD = { clients: 4, perSecond: 60, timeoutMs: 20_000 };

export interface Registrant {
  readonly service: WipedService;
  readonly backend: Backend;
  /** Undefined when it has ended. */
  session: ZooKeeperSession | undefined;
}

export interface WipedStage {
  readonly zookeeper: DemoZooKeeper;
  readonly root: string;
  readonly registrants: readonly Registrant[];
  readonly controlPlane: ControlPlane;
  readonly sidecar: MeshSidecar;
  readonly histories: ReadonlyMap<WipedService, SnapshotHistory>;
  readonly loads: { readonly ours: readonly Load[]; readonly plain: readonly Load[] };
  /** Leaves nothing behind in a ZooKeeper that others use. */
  cleanUp(): Promise<void>;
}

export async function buildWipedStage(zookeeper: DemoZooKeeper): Promise<WipedStage> {
  const root = `/fairlead-demo-${process.pid}`;
  const owner = await openZooKeeperSession(zookeeper.address);
  for (const service of WIPED_SERVICES) await owner.mkdirp(`${root}/${service}`);
  const registrants = await Promise.all(
    WIPED_SERVICES.flatMap((service) =>
      Array.from({ length: BACKENDS_EACH }, async (_, index) => {
        const backend = await startBackend({ name: `${service}-${index + 1}` });
        return register({ zookeeper, root }, { service, backend });
      }),
    ),
  );
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [zookeeper.address],
        paths: [{ path: `${root}/*`, service: "{1}", format: "host-port" }],
      },
    ],
    defaults: { check: CHECK, retries: WHOLE_RETRIES },
  });
  const sidecar = await sidecarOf(controlPlane, WIPED_SERVICES);
  const histories = new Map<WipedService, SnapshotHistory>();
  const ours: Load[] = [];
  const plain: Load[] = [];
  for (const service of WIPED_SERVICES) {
    const addresses = addressesOf(registrants, service);
    await untilUsable(sidecar, service, addresses);
    const history = await startSnapshotHistory(controlPlane, service);
    histories.set(service, history);
    const proxy = await startPlainProxy(owner, `${root}/${service}`);
    await untilEqual("the plain watcher's list", () => [...proxy.addresses()].sort(), addresses);
    ours.push(startLoad({ ...LOAD, port: sidecar.ports[service] ?? 0, name: `ours-${service}` }));
    plain.push(startLoad({ ...LOAD, port: proxy.port, name: `plain-${service}` }));
  }
  const cleanUp = () => removeAll(zookeeper, { root, registrants });
  return { zookeeper, root, registrants, controlPlane, sidecar, histories, loads: { ours, plain }, cleanUp };
}

/** A backend registers itself, as its own session. */
export async function register(
  { zookeeper, root }: Pick<WipedStage, "zookeeper" | "root">,
  { service, backend }: Pick<Registrant, "service" | "backend">,
): Promise<Registrant> {
  const session = await openZooKeeperSession(zookeeper.address);
  await session.create(`${root}/${service}/${backend.name}`, backend.address, "ephemeral");
  return { service, backend, session };
}

/** Sorted. */
export function addressesOf(registrants: readonly Registrant[], service: WipedService): string[] {
  return registrants
    .filter((registrant) => registrant.service === service)
    .map(({ backend }) => backend.address)
    .sort();
}

/** By a session of its own: the one that made the tree may have been lost with the server. */
async function removeAll(zookeeper: DemoZooKeeper, { root, registrants }: Pick<WipedStage, "root" | "registrants">): Promise<void> {
  for (const { session } of registrants) await session?.close();
  const owner = await openZooKeeperSession(zookeeper.address);
  for (const service of WIPED_SERVICES) await owner.remove(`${root}/${service}`);
  await owner.remove(root);
}
