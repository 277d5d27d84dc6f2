import { durationText, formatListen, printTree } from "@fairlead/shared";
import type { ReadSettings } from "./read-settings.js";

/** The effective configuration as YAML in the file's own shape; beside every value, where it came from. */
export function printConfig({ settings, place }: ReadSettings): string {
  const { node, controlPlane, stateDir, admin, upstreams, http, drain } = settings;
  const tree = {
    node,
    controlPlane,
    stateDir,
    admin: { listen: formatListen(admin.listen) },
    upstreams: upstreams.map(({ service, listen }) => (listen === undefined ? { service } : { service, listen: formatListen(listen) })),
    ...(http === undefined ? {} : { http: { listen: formatListen(http.listen), hosts: Object.fromEntries(http.hosts) } }),
    drain: { timeout: durationText(drain.timeoutMs) },
  };
  return printTree(tree, place);
}
