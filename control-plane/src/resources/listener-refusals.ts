// What clients refuse of Listeners and RouteConfigurations. "Tried" is with grpc-go 1.85, grpc-java 1.85, C-core 1.51 and 1.85 and
// grpc-js-xds 1.14.

import { decode, type Messages, typeUrl } from "@fairlead/proto";
import { canonicalIp, isPort } from "@fairlead/shared";
import { CLIENT_TRAITS, type ClientKind } from "./client-kind.js";
import { refersElsewhere } from "./config-source.js";
import { firstOf, type RefusalRule, repeated } from "./refusal-rule.js";

type Listener = Messages["envoy.config.listener.v3.Listener"]["input"];
type RouteConfiguration = Messages["envoy.config.route.v3.RouteConfiguration"]["input"];
type Any = NonNullable<NonNullable<Listener["api_listener"]>["api_listener"]>;

const CONNECTION_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER_TYPE = typeUrl("envoy.extensions.filters.http.router.v3.Router");
const TCP_PROXY_TYPE = typeUrl("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy");

/** In the order they are looked at. */
export const LISTENER_REFUSALS: readonly RefusalRule<Listener>[] = [
  {
    source: "tried: every gRPC client takes a listener without api_listener, and calls fail or hang",
    find: ({ api_listener }, kind) => {
      if (!CLIENT_TRAITS[kind].isGrpc) return undefined;
      return api_listener?.api_listener ? connectionManagerRefusal(api_listener.api_listener, kind) : "it has no api_listener";
    },
  },
  {
    source: "listener.proto: Envoy takes one with an address to bind and filter chains that end in a terminal filter",
    find: ({ address, filter_chains = [] }, kind) => {
      if (CLIENT_TRAITS[kind].isGrpc) return undefined;
      const socket = address?.socket_address;
      if (canonicalIp(socket?.address ?? "") === undefined || !isPort(socket?.port_value)) return "its address is no IP address and port";
      if (filter_chains.length === 0) return "it has no filter chain";
      return firstOf(filter_chains, ({ filters = [] }) => {
        const last = filters.at(-1)?.typed_config;
        if (!last) return "a filter chain ends in nothing";
        return last.type_url === TCP_PROXY_TYPE ? undefined : connectionManagerRefusal(last, kind);
      });
    },
  },
];

/** Tried: no router, one without typed_config and a route source other than ads or self are refused by every or nearly every client. */
function connectionManagerRefusal({ type_url, value }: Any, kind: ClientKind): string | undefined {
  if (type_url !== typeUrl(CONNECTION_MANAGER)) return `${type_url || "nothing"} where an HttpConnectionManager is expected`;
  const { http_filters, rds, route_config } = decode(CONNECTION_MANAGER, value);
  if (http_filters.at(-1)?.typed_config?.type_url !== ROUTER_TYPE) return "its last HTTP filter is no router with typed_config";
  const twice = repeated(http_filters.map(({ name }) => name));
  if (twice !== undefined) return `HTTP filter ${twice} stands there twice`;
  if (route_config) return undefined;
  if (!rds?.route_config_name) return "it names no routes";
  return refersElsewhere(rds.config_source, kind) ? "its routes come neither from ads nor from self" : undefined;
}

/** In the order they are looked at. */
export const ROUTE_REFUSALS: readonly RefusalRule<RouteConfiguration>[] = [
  {
    source: "route_components.proto: Envoy refuses a virtual host without domains, and a domain in two of them",
    find: ({ virtual_hosts = [] }) => {
      if (virtual_hosts.some(({ domains = [] }) => domains.length === 0)) return "a virtual host has no domains";
      const twice = repeated(virtual_hosts.flatMap(({ domains = [] }) => domains));
      return twice === undefined ? undefined : `domain ${twice} stands there twice`;
    },
  },
  {
    source: "tried: without a route that matches, calls of every gRPC client fail; route_components.proto: an action names a cluster",
    find: ({ virtual_hosts = [] }) =>
      firstOf(virtual_hosts, ({ routes = [] }) => {
        if (routes.at(-1)?.match?.prefix !== "") return "its last route does not match everything";
        return firstOf(routes, ({ route }) => {
          const weights = (route?.weighted_clusters?.clusters ?? []).map(({ weight }) => weight?.value ?? 0);
          return route?.cluster || weights.some((weight) => weight > 0) ? undefined : "a route leads to no cluster";
        });
      }),
  },
  {
    source:
      "route_components.proto: a header to hash on has a name without line ends; gRFC A44: at least one retry, budgets of time are not negative",
    find: ({ virtual_hosts = [] }) =>
      firstOf(
        virtual_hosts.flatMap(({ routes = [] }) => routes),
        ({ route }) => {
          const names = (route?.hash_policy ?? []).flatMap(({ header }) => (header ? [header.header_name ?? ""] : []));
          if (names.some((name) => !HEADER_NAME.test(name))) return `a hash_policy on header ${JSON.stringify(names)}`;
          if (route?.retry_policy?.num_retries?.value === 0) return "num_retries is 0";
          return (route?.timeout?.seconds ?? 0) < 0 ? "timeout is negative" : undefined;
        },
      ),
  },
];

/** RFC 9110 section 5.6.2, a token. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
