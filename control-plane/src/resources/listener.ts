// Listeners: for gRPC the api_listener that `xds:///shop` asks for; for Envoy a port on the loopback interface.

import { type Messages, packAny } from "@fairlead/proto";
import type { ServiceSnapshot } from "../snapshot/index.js";
import { configSource, type OwnStreams } from "./config-source.js";

const HTTP_CONNECTION_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
type ListenerInput = Messages["envoy.config.listener.v3.Listener"]["input"];

/** Named like the service, which is what a gRPC client derives from its target. The router filter is mandatory and last (gRFC A39). */
export function grpcListener({ name }: ServiceSnapshot): ListenerInput {
  return { name, api_listener: { api_listener: packAny(HTTP_CONNECTION_MANAGER, connectionManager(name)) } };
}

/** What Envoy calls the listener of a service. */
export function envoyListenerName(service: string): string {
  return `outbound:${service}`;
}

/** `outbound:NAME` on 127.0.0.1:`localPort`; undefined where no local port is set. */
export function envoyListener(service: ServiceSnapshot, own?: OwnStreams): ListenerInput | undefined {
  const { name, settings } = service;
  if (settings.localPort === undefined) return undefined;
  const filter =
    settings.protocol === "tcp"
      ? { name: "envoy.filters.network.tcp_proxy", typed_config: packAny(TCP_PROXY, { stat_prefix: name, cluster: name }) }
      : {
          name: "envoy.filters.network.http_connection_manager",
          typed_config: packAny(HTTP_CONNECTION_MANAGER, connectionManager(name, own)),
        };
  return {
    name: envoyListenerName(name),
    address: { socket_address: { address: "127.0.0.1", port_value: settings.localPort } },
    filter_chains: [{ filters: [filter] }],
  };
}

const TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

function connectionManager(service: string, own?: OwnStreams): Messages[typeof HTTP_CONNECTION_MANAGER]["input"] {
  return {
    stat_prefix: service,
    rds: { route_config_name: service, config_source: configSource(own) },
    http_filters: [{ name: "envoy.filters.http.router", typed_config: packAny("envoy.extensions.filters.http.router.v3.Router", {}) }],
  };
}
