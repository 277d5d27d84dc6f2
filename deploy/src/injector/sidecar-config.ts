import type { ServiceName } from "@fairlead/shared";
import { stringify } from "yaml";
import type { InjectorOptions } from "./injector-options.js";

/** Where the sidecar keeps its last known good state, inside its container. */
export const STATE_DIR = "/var/lib/fairlead/sidecar";

export interface SidecarConfig {
  readonly upstreams: readonly ServiceName[];
  /** What the pod belongs to, as an xDS node's cluster; undefined leaves the sidecar's default. */
  readonly cluster: string | undefined;
  readonly options: InjectorOptions;
}

/** The sidecar's configuration file. `node.id` and `node.zone` are missing: they come from the container's environment. */
export function sidecarConfig({ upstreams, cluster, options }: SidecarConfig): string {
  return stringify({
    ...(cluster === undefined ? {} : { node: { cluster } }),
    controlPlane: { addresses: options.controlPlaneAddresses },
    stateDir: STATE_DIR,
    // The kubelet probes the pod's address, not its loopback.
    admin: { listen: `0.0.0.0:${options.adminPort}` },
    upstreams: upstreams.map((service) => ({ service })),
    http: { listen: `127.0.0.1:${options.httpPort}` },
  });
}
