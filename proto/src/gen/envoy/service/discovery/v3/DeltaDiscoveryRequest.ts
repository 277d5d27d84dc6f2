// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Node as _envoy_config_core_v3_Node, Node__Output as _envoy_config_core_v3_Node__Output } from '../../../../envoy/config/core/v3/Node.js';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../../google/rpc/Status.js';

export interface DeltaDiscoveryRequest {
  'node'?: (_envoy_config_core_v3_Node | null);
  'type_url'?: (string);
  'resource_names_subscribe'?: readonly (string)[];
  'resource_names_unsubscribe'?: readonly (string)[];
  /**
   * First request of a type on a stream: what the client has from before, version by name (xDS rule R25).
   */
  'initial_resource_versions'?: ({[key: string]: string});
  /**
   * Set: an ACK, or with error_detail a NACK (xDS rule R20).
   */
  'response_nonce'?: (string);
  'error_detail'?: (_google_rpc_Status | null);
}

export interface DeltaDiscoveryRequest__Output {
  'node': (_envoy_config_core_v3_Node__Output | null);
  'type_url': (string);
  'resource_names_subscribe': (string)[];
  'resource_names_unsubscribe': (string)[];
  /**
   * First request of a type on a stream: what the client has from before, version by name (xDS rule R25).
   */
  'initial_resource_versions': ({[key: string]: string});
  /**
   * Set: an ACK, or with error_detail a NACK (xDS rule R20).
   */
  'response_nonce': (string);
  'error_detail': (_google_rpc_Status__Output | null);
}
