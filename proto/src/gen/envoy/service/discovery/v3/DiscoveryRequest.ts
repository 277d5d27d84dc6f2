// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Node as _envoy_config_core_v3_Node, Node__Output as _envoy_config_core_v3_Node__Output } from '../../../../envoy/config/core/v3/Node.js';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../../google/rpc/Status.js';

export interface DiscoveryRequest {
  /**
   * The last version of this type the client accepted.
   */
  'version_info'?: (string);
  'node'?: (_envoy_config_core_v3_Node | null);
  /**
   * The whole subscription; empty is a wildcard until the first request that names something (xDS rule R17).
   */
  'resource_names'?: readonly (string)[];
  'type_url'?: (string);
  /**
   * The nonce of the response this one answers; empty in the first request of a type.
   */
  'response_nonce'?: (string);
  /**
   * Present: a NACK of that response (xDS rule R7).
   */
  'error_detail'?: (_google_rpc_Status | null);
}

export interface DiscoveryRequest__Output {
  /**
   * The last version of this type the client accepted.
   */
  'version_info': (string);
  'node': (_envoy_config_core_v3_Node__Output | null);
  /**
   * The whole subscription; empty is a wildcard until the first request that names something (xDS rule R17).
   */
  'resource_names': (string)[];
  'type_url': (string);
  /**
   * The nonce of the response this one answers; empty in the first request of a type.
   */
  'response_nonce': (string);
  /**
   * Present: a NACK of that response (xDS rule R7).
   */
  'error_detail': (_google_rpc_Status__Output | null);
}
