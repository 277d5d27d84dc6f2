import { durationText, formatListen, printTree } from "@fairlead/shared";
import type { ReadSettings } from "./read-settings.js";
import type { Settings } from "./settings.js";

/** The effective configuration as YAML in the file's own shape; beside every value, where it came from. */
export function printConfig({ settings, place }: ReadSettings): string {
  const { node, controlPlane, stateDir, admin, upstreams, http, drain, accessLog, answerHeader } = settings;
  const tree = {
    node,
    controlPlane,
    stateDir,
    admin: { listen: formatListen(admin.listen) },
    upstreams: upstreams.map(({ service, listen }) => (listen === undefined ? { service } : { service, listen: formatListen(listen) })),
    ...(http === undefined ? {} : { http: { listen: formatListen(http.listen), hosts: Object.fromEntries(http.hosts) } }),
    drain: { timeout: durationText(drain.timeoutMs), leave: durationText(drain.leaveMs) },
    accessLog,
    answerHeader,
    ...limitsTree(settings),
  };
  return printTree(tree, place);
}

function limitsTree({ limits: { connections, bodyBytes }, shed: { enabled, inFlight, loopDelayMs, heapPercent } }: Settings) {
  const limits = { ...(connections === undefined ? {} : { connections }), ...(bodyBytes === undefined ? {} : { bodyBytes }) };
  const shed = {
    ...(inFlight === undefined ? {} : { inFlight }),
    ...(loopDelayMs === undefined ? {} : { loopDelay: durationText(loopDelayMs) }),
    ...(heapPercent === undefined ? {} : { heapPercent }),
  };
  const hasMarks = enabled && Object.keys(shed).length > 0;
  return { ...(Object.keys(limits).length === 0 ? {} : { limits }), shed: hasMarks ? shed : enabled ? "auto" : "off" };
}
