import { type ServiceName, serviceName } from "@fairlead/shared";
import type { InjectorOptions } from "../injector-options.js";
import { readPod } from "../pod.js";
import { podPatch } from "../pod-patch.js";

export const OPTIONS: InjectorOptions = {
  image: "fairlead-sidecar:0.1.0",
  imagePullPolicy: undefined,
  controlPlaneAddresses: ["10.96.0.118:18000"],
  upstreams: [],
  zone: undefined,
  zoneLabel: "topology.kubernetes.io/zone",
  httpPort: 9_000,
  adminPort: 15_000,
  resources: { requests: { cpu: "50m" } },
};

export interface PodJson {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
}

/** A pod as the API server sends it at creation from a template: no name, one container. */
export function podJson({ annotations, labels, spec }: { annotations?: unknown; labels?: unknown; spec?: object } = {}): PodJson {
  return {
    metadata: {
      generateName: "web-",
      ...(annotations === undefined ? {} : { annotations }),
      ...(labels === undefined ? {} : { labels }),
    },
    spec: { containers: [{ name: "web", image: "web:1" }], ...spec },
  };
}

export function patchOf(pod: unknown, options: Partial<InjectorOptions> = {}, namespace: string | undefined = "shop") {
  const read = readPod(pod);
  if (!read.ok) throw new Error(read.error);
  return podPatch({ pod: read.value, namespace }, { ...OPTIONS, ...options });
}

export function named(text: string): ServiceName {
  const name = serviceName(text);
  if (!name.ok) throw new Error(name.error);
  return name.value;
}
