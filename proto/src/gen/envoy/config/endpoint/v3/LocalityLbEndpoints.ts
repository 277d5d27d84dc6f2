// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Locality as _envoy_config_core_v3_Locality, Locality__Output as _envoy_config_core_v3_Locality__Output } from '../../../../envoy/config/core/v3/Locality.js';
import type { LbEndpoint as _envoy_config_endpoint_v3_LbEndpoint, LbEndpoint__Output as _envoy_config_endpoint_v3_LbEndpoint__Output } from '../../../../envoy/config/endpoint/v3/LbEndpoint.js';
import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../../google/protobuf/UInt32Value.js';

/**
 * The endpoints of one locality at one priority.
 */
export interface LocalityLbEndpoints {
  'locality'?: (_envoy_config_core_v3_Locality | null);
  'lb_endpoints'?: readonly (_envoy_config_endpoint_v3_LbEndpoint)[];
  /**
   * Absent or 0: gRPC clients accept the resource and skip the locality. Always set it.
   */
  'load_balancing_weight'?: (_google_protobuf_UInt32Value | null);
  /**
   * 0 is the first choice; no gaps: every gRPC client refuses them.
   */
  'priority'?: (number);
}

/**
 * The endpoints of one locality at one priority.
 */
export interface LocalityLbEndpoints__Output {
  'locality': (_envoy_config_core_v3_Locality__Output | null);
  'lb_endpoints': (_envoy_config_endpoint_v3_LbEndpoint__Output)[];
  /**
   * Absent or 0: gRPC clients accept the resource and skip the locality. Always set it.
   */
  'load_balancing_weight': (_google_protobuf_UInt32Value__Output | null);
  /**
   * 0 is the first choice; no gaps: every gRPC client refuses them.
   */
  'priority': (number);
}
