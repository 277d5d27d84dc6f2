// A whole data plane over loopback for tests: engine, path, and a table that names the given endpoints.

import { type EndpointId, seeded } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { BalancerMemory, newPicker } from "../../balancer/index.js";
import type { ActiveCluster, ClusterTable } from "../../clusters/index.js";
import type { ClusterConfig, EndpointState, PickPolicy, RouteConfig } from "../../endpoint/index.js";
import { assignmentOf, clusterConfig } from "../../endpoint/testing/cluster.js";
import { pickingBy } from "../../endpoint/testing/picking.js";
import { stateOf } from "../../endpoint/testing/state-at.js";
import { LocalEjection } from "../../resilience/index.js";
import { Edge } from "../edge.js";
import type { Listening, RouteBy } from "../engine.js";
import { NetEngine, type NetEngineOptions } from "../io/net-engine.js";
import { NodeEngine } from "../io/testing/node-http/node-engine.js";
import type { LoadShed } from "../load-shed.js";
import { ForwardPath } from "../request-path.js";

export interface ClusterOptions {
  readonly config?: Partial<ClusterConfig>;
  readonly route?: Partial<RouteConfig>;
  readonly policy?: PickPolicy;
}

export function stateAt(port: number, ip = "127.0.0.1"): EndpointState {
  return stateOf({ ip, port });
}

/** A cluster as `clusters` would make it; picks start at the first endpoint by id, so that tests know who is tried first. */
export function clusterOf(name: string, endpoints: readonly EndpointState[], options: ClusterOptions = {}): ActiveCluster {
  const picking = pickingBy(options.policy ?? "round-robin");
  const config = clusterConfig({ name, picking, panicPercent: 0, ...options.config });
  const byDefault = { timeoutMs: 15_000, perTryTimeoutMs: 0, retryAttempts: 1, hedgePercent: 0, hashOn: [] };
  const route: RouteConfig = { name, version: "v1", cluster: name, ...byDefault, ...options.route };
  for (const state of endpoints) state.turnDue = 0;
  const memory = new BalancerMemory();
  const groups = [{ share: 1, endpoints }];
  const picker = newPicker({ picking: config.picking, groups }, { rng: seeded(1), ejection: new LocalEjection(config, endpoints), memory });
  const listed = endpoints.map((state) => state.endpoint);
  const assignment = assignmentOf(listed, { name });
  return {
    name,
    config,
    route,
    assignment,
    endpoints,
    standby: [],
    collapses: 0,
    candidates: { mode: "healthy", priority: 0, endpoints, groups },
    verdictsExpired: false,
    picker,
    memory,
  };
}

export type EngineName = "net" | "node";

const ENGINES: Readonly<Record<EngineName, (options: NetEngineOptions) => NetEngine | NodeEngine>> = {
  net: (options) => new NetEngine(options),
  node: (options) => new NodeEngine(options),
};

export interface RigOptions extends ClusterOptions {
  /** Default: the one that the sidecar uses. */
  readonly engine?: EngineName;
  readonly endpoints: readonly EndpointState[];
  readonly route?: Partial<RouteConfig>;
  readonly by?: RouteBy;
  readonly hosts?: ReadonlyMap<string, string>;
  /** Made on the rig's clock. */
  readonly edge?: (clock: FakeClock) => Edge;
  readonly shed?: (clock: FakeClock) => LoadShed;
}

/** One listener of service `shop` in front of the given endpoints. Time moves only when a test moves it. */
export class Rig {
  readonly clock = new FakeClock();
  readonly engine: NodeEngine | NetEngine;
  readonly path: ForwardPath;
  readonly edge: Edge;
  readonly shed: LoadShed | undefined;
  table: ClusterTable;
  listening: Listening | undefined;

  constructor(options: RigOptions) {
    this.table = new Map([["shop", clusterOf("shop", options.endpoints, options)]]);
    this.edge = options.edge?.(this.clock) ?? new Edge();
    this.shed = options.shed?.(this.clock);
    const routing = { upstreams: new Set(["shop", "cart"]), hosts: options.hosts ?? new Map() };
    this.path = new ForwardPath({
      table: () => this.table,
      routing,
      rng: seeded(2),
      ...(this.shed === undefined ? {} : { shed: this.shed }),
    });
    const engineOptions = { clock: this.clock, rng: seeded(2), edge: this.edge };
    this.engine = ENGINES[options.engine ?? "net"](engineOptions);
  }

  static async start(options: RigOptions): Promise<Rig> {
    const rig = new Rig(options);
    const listening = await rig.engine.listen(
      { host: "127.0.0.1", port: 0, route: options.by ?? { kind: "service", service: "shop" } },
      rig.path,
    );
    if (!listening.ok) throw new Error(listening.error);
    rig.listening = listening.value;
    return rig;
  }

  get port(): number {
    return this.listening?.port ?? 0;
  }

  get ids(): readonly EndpointId[] {
    return [...this.table.values()].flatMap((cluster) => cluster.endpoints.map((state) => state.endpoint.id));
  }
}
