import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type HttpAnswer, httpRequest } from "./http-request.js";
import { preparedServers } from "./paths.js";
import { freePort } from "./ports.js";
import { type Process, startProcess } from "./processes.js";
import { temporaryFolder } from "./teardown.js";
import { GiveUp, until } from "./until.js";

/** An unmodified Envoy in a process of its own. */
export type Envoy = {
  readonly adminPort: number;
  readonly process: Process;
  /** A request to its admin port. */
  ask(path: string): Promise<HttpAnswer>;
  /** GET on the admin port: the JSON of a 200 answer. */
  api<T>(path: string): Promise<T>;
  /** Counters and gauges whose names match the expression, by name. */
  stats(filter: string): Promise<Record<string, number>>;
};

/** Envoy's bootstrap without its admin section, as the JSON form of envoy.config.bootstrap.v3.Bootstrap. */
export type Bootstrap = Readonly<Record<string, unknown>>;

/** Starts Envoy and waits until it is live: with dynamic resources, until the first ones have come. */
export async function startEnvoy(bootstrap: Bootstrap, options: { readonly waitForLive?: boolean } = {}): Promise<Envoy> {
  const envoy = preparedServers().envoy;
  if (!envoy.ok) throw new Error(`Envoy is not here: ${envoy.reason}`);
  const adminPort = await freePort();
  const file = join(temporaryFolder("envoy"), "bootstrap.json");
  writeFileSync(file, JSON.stringify({ ...bootstrap, admin: { address: socketAddress(adminPort) } }));
  const child = startProcess({
    name: `envoy :${adminPort}`,
    command: envoy.path,
    // Without --disable-hot-restart a second Envoy on the machine finds the first one's shared memory and ends.
    args: ["-c", file, "--concurrency", "1", "-l", "warning", "--disable-hot-restart"],
  });
  const ask = (path: string): Promise<HttpAnswer> => httpRequest({ port: adminPort, path });
  const wanted = options.waitForLive === false ? [200, 503] : [200];
  await until(
    `Envoy's /ready to answer ${wanted.join(" or ")}`,
    async () => {
      if (child.exit() !== undefined) throw new GiveUp(`Envoy ended:\n${child.output()}`);
      const answer = await ask("/ready");
      if (!wanted.includes(answer.status)) throw new Error(`${answer.status}: ${answer.body}`);
      return true;
    },
    { timeoutMs: 60_000 },
  );
  return {
    adminPort,
    process: child,
    ask,
    api: async <T>(path: string) => {
      const answer = await ask(path);
      if (answer.status !== 200) throw new Error(`Envoy answered ${path} with ${answer.status}: ${answer.body}`);
      return JSON.parse(answer.body) as T;
    },
    stats: async (filter) => statsIn((await ask(`/stats?filter=${encodeURIComponent(filter)}`)).body),
  };
}

/** How Envoy may speak with its control plane. */
export type EnvoyApi = "GRPC" | "DELTA_GRPC";

/** Who an Envoy is and where its control plane is. */
export type BootstrapOptions = {
  readonly xdsPort: number;
  readonly node: { readonly id: string; readonly cluster: string; readonly metadata?: Readonly<Record<string, unknown>> };
  /** PEM files: connect over TLS. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
};

/** A bootstrap that takes listeners and clusters from a control plane on this machine by one delta ADS stream, and reports its load there. */
export function deltaAdsBootstrap(options: BootstrapOptions): Bootstrap {
  return adsBootstrap("DELTA_GRPC", options);
}

/** The same, in the variant of one's choice. */
export function adsBootstrap(api: EnvoyApi, options: BootstrapOptions): Bootstrap {
  const fromAds = { resource_api_version: "V3", ads: {} };
  return bootstrap({ ads_config: apiConfigSource(api), cds_config: fromAds, lds_config: fromAds }, options);
}

/** Without ADS: a stream for each thing it takes, and the node says so, since what it is sent has to name its source. */
export function perTypeBootstrap(api: EnvoyApi, options: BootstrapOptions): Bootstrap {
  const fromOwnStream = { resource_api_version: "V3", api_config_source: apiConfigSource(api) };
  const metadata = { ...options.node.metadata, "fairlead.streams": { cluster: CONTROL_PLANE, api } };
  const node = { ...options.node, metadata };
  return bootstrap({ cds_config: fromOwnStream, lds_config: fromOwnStream }, { ...options, node });
}

/** What an Envoy's bootstrap calls its control plane. */
const CONTROL_PLANE = "control_plane";
const grpc_services = [{ envoy_grpc: { cluster_name: CONTROL_PLANE } }];

function apiConfigSource(api_type: EnvoyApi): Bootstrap {
  return { api_type, transport_api_version: "V3", grpc_services, set_node_on_first_message_only: true };
}

function bootstrap(dynamic_resources: Bootstrap, options: BootstrapOptions): Bootstrap {
  return {
    node: options.node,
    cluster_manager: { load_stats_config: { api_type: "GRPC", transport_api_version: "V3", grpc_services } },
    dynamic_resources,
    static_resources: {
      clusters: [
        { ...controlPlaneCluster(options.xdsPort), ...(options.tls === undefined ? {} : { transport_socket: tlsSocket(options.tls) }) },
      ],
    },
  };
}

/** The JSON of an envoy.config.core.v3.Address on 127.0.0.1. */
export function socketAddress(port: number): Bootstrap {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function controlPlaneCluster(port: number): Bootstrap {
  return {
    name: CONTROL_PLANE,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: CONTROL_PLANE,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(port) } }] }],
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: "30s", timeout: "5s" } } },
      },
    },
  };
}

function tlsSocket({ ca, cert, key }: { readonly ca: string; readonly cert: string; readonly key: string }): Bootstrap {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      common_tls_context: {
        tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
        validation_context: { trusted_ca: { filename: ca } },
      },
    },
  };
}

/** The plain form is `name: number` a line; histograms and text values are left out. */
function statsIn(text: string): Record<string, number> {
  const stats: Record<string, number> = {};
  for (const line of text.split("\n")) {
    const match = /^(\S+): (\d+)$/.exec(line);
    if (match?.[1] !== undefined) stats[match[1]] = Number(match[2]);
  }
  return stats;
}
