import { durationFromMs } from "@fairlead/proto";
import type { ServiceSnapshot } from "../snapshot/index.js";
import type { Resource } from "../xds/index.js";
import type { ClientKind } from "./client-kind.js";
import { encoded, leadsTo } from "./encoded.js";

/** When a try may be repeated elsewhere: nothing reached the endpoint, or it said so. */
const RETRY_ON = "connect-failure,refused-stream,reset-before-request";

/**
 * One virtual host, one route. gRPC clients get neither time-out nor retries: their streams outlive any request time-out,
 * and their retry conditions are gRPC statuses (gRFC A44).
 */
export function routeConfiguration({ name, settings }: ServiceSnapshot, kind: ClientKind): Resource {
  const { timeoutMs, retries } = settings;
  const policy =
    kind === "grpc"
      ? {}
      : {
          timeout: durationFromMs(timeoutMs),
          ...(retries.attempts > 0 ? { retry_policy: { retry_on: RETRY_ON, num_retries: { value: retries.attempts } } } : {}),
        };
  const route = encoded("envoy.config.route.v3.RouteConfiguration", name, {
    name,
    virtual_hosts: [{ name, domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: name, ...policy } }] }],
  });
  return { ...route, requires: leadsTo(name) };
}
