import { type EndpointId, type Metrics, newMetrics, type Result, type ServiceName, seeded, serviceName } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import type { ZooKeeperPathSettings } from "../../../config/index.js";
import type { Endpoint, ServiceReading, Source } from "../../source.js";
import { connectOver } from "../session.js";
import { zookeeperMetrics } from "../zookeeper-metrics.js";
import { zookeeperSource } from "../zookeeper-source.js";
import type { ZxidFloor, ZxidFloors } from "../zxid-floors.js";
import { FakeZooKeeper } from "./fake-zookeeper.js";

export interface ZooKeeperUnderTest {
  readonly clock: FakeClock;
  readonly log: RecordedLog;
  readonly server: FakeZooKeeper;
  readonly source: Source;
  readonly metrics: Metrics;
  /** From now on connections go to another server. */
  readonly replaceServer: (by: FakeZooKeeper) => void;
  readonly reading: (service: string) => ServiceReading | undefined;
  /** Ids of a service's endpoints, sorted; undefined while it is unknown or pending. */
  readonly ids: (service: string) => readonly string[] | undefined;
  readonly endpoint: (service: string, id: string) => Endpoint | undefined;
}

/** `/members/cart` as host-port members of `cart`. */
export const CART_PATH: ZooKeeperPathSettings = { path: "/members/cart", service: "cart", format: "host-port", port: "main" };
/** `/services/*` as Curator registrations. */
export const CURATOR_PATHS: ZooKeeperPathSettings = { path: "/services/*", service: "{1}", format: "curator", port: "main" };

/** The source over our own session over a server in memory; `prepare` fills the tree before anybody connects. */
export function zookeeperUnderTest(
  paths: readonly ZooKeeperPathSettings[] = [CART_PATH],
  prepare: (server: FakeZooKeeper) => void = () => undefined,
  { chroot = "", floor = 0n }: { readonly chroot?: string; readonly floor?: bigint } = {},
): ZooKeeperUnderTest {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const server = new FakeZooKeeper(clock);
  prepare(server);
  const deps = { clock, rng: seeded(7), log };
  const metrics = newMetrics();
  const servers = { of: server };
  const source = zookeeperSource({
    ...deps,
    settings: { type: "zookeeper", name: "zk", servers: ["10.9.0.1:2181"], sessionTimeoutMs: 30_000, chroot, paths },
    metrics: zookeeperMetrics(metrics),
    floors: floorsInMemory(floor),
    connect: connectOver({ ...deps, openLink: (options, events) => servers.of.openLink(options, events) }),
  });
  const reading = (service: string) => source.services.value.get(nameOf(service));
  const endpoints = (service: string) => {
    const state = reading(service);
    return state === undefined || state.kind === "pending" ? undefined : state.reading.endpoints;
  };
  return {
    clock,
    log,
    server,
    replaceServer: (by) => {
      servers.of = by;
    },
    source,
    metrics,
    reading,
    ids: (service) => {
      const map = endpoints(service);
      return map === undefined ? undefined : [...map.keys()].sort();
    },
    endpoint: (service, id) => endpoints(service)?.get(id as EndpointId),
  };
}

export function nameOf(text: string): ServiceName {
  const name: Result<ServiceName> = serviceName(text);
  if (!name.ok) throw new Error(name.error);
  return name.value;
}

/** A Curator registration. */
export function curatorJson(port: number, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    name: "any",
    id: `id-${port}`,
    address: "10.0.0.1",
    port,
    sslPort: null,
    payload: null,
    serviceType: "DYNAMIC",
    ...more,
  });
}

/** A floor that nobody saves. */
export function floorInMemory(value = 0n): ZxidFloor {
  let floor = value;
  return {
    get value() {
      return floor;
    },
    raise: (zxid) => {
      if (zxid > floor) floor = zxid;
    },
    giveUp: () => {
      floor = 0n;
    },
  };
}

function floorsInMemory(value: bigint): ZxidFloors {
  const floor = floorInMemory(value);
  return { floorOf: () => floor, close: () => Promise.resolve() };
}
