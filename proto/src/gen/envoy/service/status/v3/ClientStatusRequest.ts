// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { NodeMatcher as _envoy_type_matcher_v3_NodeMatcher, NodeMatcher__Output as _envoy_type_matcher_v3_NodeMatcher__Output } from '../../../../envoy/type/matcher/v3/NodeMatcher.js';
import type { Node as _envoy_config_core_v3_Node, Node__Output as _envoy_config_core_v3_Node__Output } from '../../../../envoy/config/core/v3/Node.js';

export interface ClientStatusRequest {
  /**
   * A client is shown that matches one of them; without any, every client.
   */
  'node_matchers'?: readonly (_envoy_type_matcher_v3_NodeMatcher)[];
  /**
   * Of who asks.
   */
  'node'?: (_envoy_config_core_v3_Node | null);
  'exclude_resource_contents'?: (boolean);
}

export interface ClientStatusRequest__Output {
  /**
   * A client is shown that matches one of them; without any, every client.
   */
  'node_matchers': (_envoy_type_matcher_v3_NodeMatcher__Output)[];
  /**
   * Of who asks.
   */
  'node': (_envoy_config_core_v3_Node__Output | null);
  'exclude_resource_contents': (boolean);
}
