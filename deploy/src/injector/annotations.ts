/** What a pod says about its sidecar. The last one is written by the injector and read by the sidecar. */
export const ANNOTATIONS = {
  /** `"false"` keeps the sidecar out, `"true"` insists on it. */
  inject: "fairlead.io/inject",
  /** Names of the services the pod calls, separated by commas. */
  upstreams: "fairlead.io/upstreams",
  /** The sidecar's configuration, as YAML. */
  config: "fairlead.io/config",
} as const;
