import { durationText, formatListen, printTree, type ServiceName } from "@fairlead/shared";
import { callingTree } from "./calling-settings.js";
import { coordinationTree } from "./coordination-settings.js";
import { dnsTree } from "./dns-settings.js";
import type { ReadSettings } from "./read-settings.js";
import type { CheckSettings, ServiceSettings, SourceSettings, StaticEndpointSettings } from "./settings.js";
import { zooKeeperTree } from "./zookeeper-settings.js";

/** The effective configuration as YAML in the file's own shape; beside every value, where it came from. */
export function printConfig({ settings, include, place }: ReadSettings): string {
  const { id, stateDir, xds, admin, observe, coordination, bootWaitMs, sources, services, defaults } = settings;
  const tree = {
    id,
    stateDir,
    xds: { listen: formatListen(xds.listen), ...(xds.tls === undefined ? {} : { tls: xds.tls }) },
    admin: { listen: formatListen(admin.listen) },
    ...(observe === undefined ? {} : { observe: { against: observe } }),
    ...(coordination === undefined ? {} : { coordination: coordinationTree(coordination) }),
    bootWait: durationText(bootWaitMs),
    ...(include === undefined ? {} : { include }),
    sources: sources.map(sourceTree),
    defaults: serviceTree(defaults),
    services: Object.fromEntries([...services].map(([name, service]) => [name, serviceTree(service)])),
  };
  return printTree(tree, place);
}

function sourceTree(source: SourceSettings): unknown {
  const { name, type } = source;
  switch (source.type) {
    case "static":
      return { name, type, services: listsTree(source.services) };
    case "file":
      return { name, type, path: source.path };
    case "zookeeper":
      return zooKeeperTree(source);
    case "dns":
      return dnsTree(source);
  }
}

function listsTree(services: ReadonlyMap<ServiceName, readonly StaticEndpointSettings[]>): unknown {
  const lists = [...services].map(([name, endpoints]) => [name, endpoints.map(({ place: _, ...endpoint }) => endpoint)] as const);
  return Object.fromEntries(lists);
}

function serviceTree(settings: ServiceSettings): unknown {
  const { protocol, timeoutMs, safety, unlisted, sources, merge, compare, localPort, check, retries } = settings;
  return {
    ...(localPort === undefined ? {} : { localPort }),
    protocol,
    ...callingTree(settings),
    timeout: durationText(timeoutMs),
    safety,
    unlisted,
    ...(sources === undefined ? {} : { sources }),
    merge,
    ...(compare === undefined ? {} : { compare }),
    check: checkTree(check),
    retries: retriesTree(retries),
  };
}

function retriesTree({ perTryTimeoutMs, ...counts }: ServiceSettings["retries"]): unknown {
  return { ...counts, ...(perTryTimeoutMs === undefined ? {} : { perTryTimeout: durationText(perTryTimeoutMs) }) };
}

function checkTree(check: CheckSettings): unknown {
  if (check.type === "none") return "none";
  const { type, intervalMs, fastIntervalMs, timeoutMs, rise, fall, pauseToleranceMs, anyAddress, now } = check;
  const timing = {
    interval: durationText(intervalMs),
    fastInterval: durationText(fastIntervalMs),
    timeout: durationText(timeoutMs),
    rise,
    fall,
    pauseTolerance: durationText(pauseToleranceMs),
    ...(now === undefined ? {} : { now }),
    ...(anyAddress === undefined ? {} : { anyAddress }),
  };
  if (type === "tcp") return { type, ...timing };
  const { path, host, status, headers, body, identity, tls } = check;
  return {
    type: tls === undefined ? "http" : "https",
    ...timing,
    path,
    ...(host === undefined ? {} : { host }),
    status: status.from === status.to ? status.from : `${status.from}-${status.to}`,
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    ...(identity === undefined ? {} : { identity }),
    ...tls,
  };
}
