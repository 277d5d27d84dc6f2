// What the DNS scenarios start from: one service, FIND, whose addresses are all one backend's.

import { type Backend, startBackend } from "./backend.js";
import { type Load, startLoad } from "./http-load.js";
import { type MeshSidecar, type ServiceBody, serviceBody, sidecarOf, untilAllAnswer } from "./mesh.js";
import { type ControlPlane, startControlPlane } from "./planes.js";
import { type SnapshotHistory, startSnapshotHistory } from "./snapshot-history.js";
import { until } from "./until.js";

/** An entry of the source's `names`. */
export type DnsName = Readonly<Record<string, unknown>>;

export type DnsMeshOptions = {
  /** As the source asks them, in this order. */
  readonly resolvers: readonly { readonly address: string }[];
  /** Added to the source: how its times are limited and so on. Default: TTLs of 0.2 to 2 s. */
  readonly source?: Readonly<Record<string, unknown>>;
  /** The names of FIND; default find.test. A on the backend's port. */
  readonly names?: (port: number) => readonly DnsName[] | Promise<readonly DnsName[]>;
  /** How endpoints are checked; default PATIENT_CHECK. */
  readonly check?: unknown;
  /** What is published before the history begins: this many endpoints. */
  readonly endpoints: number;
};

export type DnsMesh = {
  readonly backend: Backend;
  readonly controlPlane: ControlPlane;
  readonly sidecar: MeshSidecar;
  /** Begins when all endpoints are usable. */
  readonly history: SnapshotHistory;
  /** Runs from then on. */
  readonly load: Load;
  /** Ids of endpoints by their addresses, sorted. */
  at(...ips: readonly string[]): string[];
  /** What the source says about FIND now, with why. */
  contribution(): Promise<ServiceBody["contributions"][number]>;
  /** Lookups of the source that have ended so: records, truncated, no-data, no-name, failure. */
  lookups(outcome: string): Promise<number>;
};

export const FIND = "find";

/** A newcomer passes at once, and a busy machine makes nobody unhealthy: these scenarios are about what DNS says. */
const PATIENT_CHECK = { type: "http", path: "/healthz", interval: "2s", timeout: "2s", rise: 1, fall: 3 } as const;

/** Starts all of it and waits until every endpoint is usable and a request through the sidecar is answered. */
export async function startDnsMesh(options: DnsMeshOptions): Promise<DnsMesh> {
  const backend = await startBackend({ name: "found", host: "::" });
  const names = (await options.names?.(backend.port)) ?? [{ service: FIND, name: "find.test.", type: "A", port: backend.port }];
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "dns",
        type: "dns",
        resolvers: options.resolvers.map(({ address }) => address),
        // A record with a TTL of 0 is asked for this often: a scenario about refreshes is not one about waiting.
        minTtl: "200ms",
        maxTtl: "2s",
        ...options.source,
        names,
      },
    ],
    defaults: { check: options.check ?? PATIENT_CHECK },
  });
  const history = await startSnapshotHistory(controlPlane, FIND);
  const sidecar = await sidecarOf(controlPlane, [FIND]);
  await until(`${options.endpoints} usable endpoints`, () => history.now().usable.length === options.endpoints);
  await untilAllAnswer(sidecar, FIND, ["found"]);
  history.forget();
  return {
    backend,
    controlPlane,
    sidecar,
    history,
    load: startLoad({ port: sidecar.ports[FIND] ?? 0, clients: 4, perSecond: 100 }),
    at: (...ips) => ips.map((ip) => (ip.includes(":") ? `[${ip}]:${backend.port}` : `${ip}:${backend.port}`)).sort(),
    contribution: async () => {
      const [first] = (await serviceBody(controlPlane, FIND)).contributions;
      if (first === undefined) throw new Error("no source says anything about the service");
      return first;
    },
    lookups: async (outcome) => (await controlPlane.metric(`fairlead_dns_lookups_total{source="dns",outcome="${outcome}"}`)) ?? 0,
  };
}
