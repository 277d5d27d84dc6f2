// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Address as _envoy_config_core_v3_Address, Address__Output as _envoy_config_core_v3_Address__Output } from '../../../../envoy/config/core/v3/Address.js';
import type { FilterChain as _envoy_config_listener_v3_FilterChain, FilterChain__Output as _envoy_config_listener_v3_FilterChain__Output } from '../../../../envoy/config/listener/v3/FilterChain.js';
import type { Metadata as _envoy_config_core_v3_Metadata, Metadata__Output as _envoy_config_core_v3_Metadata__Output } from '../../../../envoy/config/core/v3/Metadata.js';
import type { TrafficDirection as _envoy_config_core_v3_TrafficDirection, TrafficDirection__Output as _envoy_config_core_v3_TrafficDirection__Output } from '../../../../envoy/config/core/v3/TrafficDirection.js';
import type { ApiListener as _envoy_config_listener_v3_ApiListener, ApiListener__Output as _envoy_config_listener_v3_ApiListener__Output } from '../../../../envoy/config/listener/v3/ApiListener.js';

export interface Listener {
  'name'?: (string);
  'address'?: (_envoy_config_core_v3_Address | null);
  'filter_chains'?: readonly (_envoy_config_listener_v3_FilterChain)[];
  'metadata'?: (_envoy_config_core_v3_Metadata | null);
  'traffic_direction'?: (_envoy_config_core_v3_TrafficDirection);
  /**
   * For gRPC clients; an Envoy refuses it over LDS.
   */
  'api_listener'?: (_envoy_config_listener_v3_ApiListener | null);
  'default_filter_chain'?: (_envoy_config_listener_v3_FilterChain | null);
  'stat_prefix'?: (string);
}

export interface Listener__Output {
  'name': (string);
  'address': (_envoy_config_core_v3_Address__Output | null);
  'filter_chains': (_envoy_config_listener_v3_FilterChain__Output)[];
  'metadata': (_envoy_config_core_v3_Metadata__Output | null);
  'traffic_direction': (_envoy_config_core_v3_TrafficDirection__Output);
  /**
   * For gRPC clients; an Envoy refuses it over LDS.
   */
  'api_listener': (_envoy_config_listener_v3_ApiListener__Output | null);
  'default_filter_chain': (_envoy_config_listener_v3_FilterChain__Output | null);
  'stat_prefix': (string);
}
