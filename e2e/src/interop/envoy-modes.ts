// Envoy in every mode it has, and what each says it has taken.

import { adsBootstrap, type Bootstrap, type BootstrapOptions, type Envoy, perTypeBootstrap, startEnvoy } from "../harness/envoy.js";

type Mode = readonly [name: string, bootstrap: (options: BootstrapOptions) => Bootstrap];

const MODES: readonly Mode[] = [
  ["envoy-ads-sotw", (options) => adsBootstrap("GRPC", options)],
  ["envoy-ads-delta", (options) => adsBootstrap("DELTA_GRPC", options)],
  ["envoy-per-type-sotw", (options) => perTypeBootstrap("GRPC", options)],
  ["envoy-per-type-delta", (options) => perTypeBootstrap("DELTA_GRPC", options)],
];

/** What Envoy has of an endpoint. */
export interface EnvoyHost {
  readonly weight: number;
  readonly health: string;
}

export interface ModalEnvoy {
  readonly name: string;
  /** Its clusters that came over xDS and are in use, each with its endpoints by address. */
  clusters(): Promise<ReadonlyMap<string, ReadonlyMap<string, EnvoyHost>>>;
  /** Names of its listeners in use. */
  listeners(): Promise<readonly string[]>;
  /** The sum of its counters whose names match; its admin port's own are left out. */
  sum(filter: string): Promise<number>;
}

/** One Envoy of each mode; the node id is its name. */
export function startEnvoyOfEachMode(xdsPort: number): Promise<readonly ModalEnvoy[]> {
  return Promise.all(
    MODES.map(async ([id, bootstrap]) => modal(id, await startEnvoy(bootstrap({ xdsPort, node: { id, cluster: "e2e" } })))),
  );
}

interface ClustersBody {
  readonly cluster_statuses?: readonly {
    readonly name: string;
    readonly added_via_api?: boolean;
    readonly host_statuses?: readonly {
      readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
      readonly weight?: number;
      readonly health_status?: { readonly eds_health_status?: string };
    }[];
  }[];
}

function modal(name: string, envoy: Envoy): ModalEnvoy {
  return {
    name,
    clusters: async () => {
      const { cluster_statuses = [] } = await envoy.api<ClustersBody>("/clusters?format=json");
      const ours = cluster_statuses.filter(({ added_via_api }) => added_via_api === true);
      return new Map(
        ours.map((cluster) => [
          cluster.name,
          new Map(
            (cluster.host_statuses ?? []).map(({ address: { socket_address: at }, weight = 0, health_status }) => [
              `${at.address}:${at.port_value}`,
              { weight, health: health_status?.eds_health_status ?? "" },
            ]),
          ),
        ]),
      );
    },
    listeners: async () => {
      const { listener_statuses = [] } = await envoy.api<{ listener_statuses?: readonly { name: string }[] }>("/listeners?format=json");
      return listener_statuses.map((listener) => listener.name).sort();
    },
    sum: async (filter) => {
      const counters = Object.entries(await envoy.stats(filter)).filter(([counter]) => !counter.startsWith("http.admin."));
      return counters.reduce((sum, [, count]) => sum + count, 0);
    },
  };
}
