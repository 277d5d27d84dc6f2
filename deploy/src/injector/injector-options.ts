import type { ServiceName } from "@fairlead/shared";

/** What every injected sidecar gets. */
export interface InjectorOptions {
  readonly image: string;
  readonly imagePullPolicy: PullPolicy | undefined;
  /** `ip:port` of each control plane, in the order they are tried. */
  readonly controlPlaneAddresses: readonly string[];
  /** For pods without the upstreams annotation; empty leaves such pods alone. */
  readonly upstreams: readonly ServiceName[];
  /** Zone of pods that do not carry the label `zoneLabel`; undefined leaves the sidecar's default. */
  readonly zone: string | undefined;
  readonly zoneLabel: string;
  /** Port on 127.0.0.1 where the application reaches its upstreams by Host header. */
  readonly httpPort: number;
  /** Port on every address of the pod, for the kubelet's probes and for Prometheus. */
  readonly adminPort: number;
  readonly resources: Resources;
}

export const PULL_POLICIES = ["Always", "IfNotPresent", "Never"] as const;
type PullPolicy = (typeof PULL_POLICIES)[number];

/** Quantities as Kubernetes writes them: `50m`, `64Mi`. */
export interface Resources {
  readonly requests?: Quantities;
  readonly limits?: Quantities;
}

interface Quantities {
  readonly cpu?: string;
  readonly memory?: string;
}
