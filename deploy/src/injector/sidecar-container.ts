import { ANNOTATIONS } from "./annotations.js";
import type { InjectorOptions } from "./injector-options.js";
import { STATE_DIR } from "./sidecar-config.js";

/** Also how a pod that already has a sidecar is recognised. */
export const SIDECAR_CONTAINER = "fairlead-sidecar";
const CONFIG_VOLUME = "fairlead-config";
const STATE_VOLUME = "fairlead-state";

const CONFIG_DIR = "/etc/fairlead";
const CONFIG_FILE = "sidecar.yaml";
/** Numeric, so that the kubelet can tell it is not root; the user `nonroot` of common minimal images. */
const NONROOT = 65_532;
/** Two generations of what a few hundred upstreams need are a few MiB; a pod over the limit is evicted, so it is generous. */
const STATE_LIMIT = "256Mi";

/**
 * A native sidecar: an init container that stays (Kubernetes 1.29 and later). It starts before the application, ends after it,
 * does not keep a Job from completing, and its readiness counts for the pod's.
 *
 * @param zone where the zone comes from; undefined leaves the sidecar's default
 */
export function sidecarContainer(options: InjectorOptions, zone: object | undefined): object {
  const { image, imagePullPolicy, adminPort, resources } = options;
  return {
    name: SIDECAR_CONTAINER,
    image,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    restartPolicy: "Always",
    args: ["--config", `${CONFIG_DIR}/${CONFIG_FILE}`],
    env: [
      // A pod from a template has no name yet when it is admitted.
      { name: "FAIRLEAD_NODE__ID", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      ...(zone === undefined ? [] : [{ name: "FAIRLEAD_NODE__ZONE", ...zone }]),
    ],
    ports: [{ name: "fairlead-admin", containerPort: adminPort, protocol: "TCP" }],
    // The application starts once the sidecar listens, whether or not a control plane answers: waiting for one is readiness.
    startupProbe: { httpGet: { path: "/healthz", port: adminPort }, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet: { path: "/ready", port: adminPort }, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3 },
    resources,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NONROOT,
      runAsGroup: NONROOT,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumeMounts: [
      { name: CONFIG_VOLUME, mountPath: CONFIG_DIR, readOnly: true },
      { name: STATE_VOLUME, mountPath: STATE_DIR },
    ],
  };
}

/** The volumes the container mounts. The configuration is the pod's own annotation, seen as a file: no ConfigMap to keep in step. */
export const SIDECAR_VOLUMES: readonly Volume[] = [
  {
    name: CONFIG_VOLUME,
    downwardAPI: { items: [{ path: CONFIG_FILE, fieldRef: { fieldPath: `metadata.annotations['${ANNOTATIONS.config}']` } }] },
  },
  { name: STATE_VOLUME, emptyDir: { sizeLimit: STATE_LIMIT } },
];

interface Volume {
  readonly name: string;
  readonly downwardAPI?: object;
  readonly emptyDir?: object;
}
