// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { VirtualHost as _envoy_config_route_v3_VirtualHost, VirtualHost__Output as _envoy_config_route_v3_VirtualHost__Output } from '../../../../envoy/config/route/v3/VirtualHost.js';
import type { BoolValue as _google_protobuf_BoolValue, BoolValue__Output as _google_protobuf_BoolValue__Output } from '../../../../google/protobuf/BoolValue.js';
import type { Metadata as _envoy_config_core_v3_Metadata, Metadata__Output as _envoy_config_core_v3_Metadata__Output } from '../../../../envoy/config/core/v3/Metadata.js';

export interface RouteConfiguration {
  'name'?: (string);
  'virtual_hosts'?: readonly (_envoy_config_route_v3_VirtualHost)[];
  /**
   * True: Envoy refuses a route to a cluster it does not have.
   */
  'validate_clusters'?: (_google_protobuf_BoolValue | null);
  'ignore_port_in_host_matching'?: (boolean);
  'metadata'?: (_envoy_config_core_v3_Metadata | null);
}

export interface RouteConfiguration__Output {
  'name': (string);
  'virtual_hosts': (_envoy_config_route_v3_VirtualHost__Output)[];
  /**
   * True: Envoy refuses a route to a cluster it does not have.
   */
  'validate_clusters': (_google_protobuf_BoolValue__Output | null);
  'ignore_port_in_host_matching': (boolean);
  'metadata': (_envoy_config_core_v3_Metadata__Output | null);
}
