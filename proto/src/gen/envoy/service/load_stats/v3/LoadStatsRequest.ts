// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Node as _envoy_config_core_v3_Node, Node__Output as _envoy_config_core_v3_Node__Output } from '../../../../envoy/config/core/v3/Node.js';
import type { ClusterStats as _envoy_config_endpoint_v3_ClusterStats, ClusterStats__Output as _envoy_config_endpoint_v3_ClusterStats__Output } from '../../../../envoy/config/endpoint/v3/ClusterStats.js';

export interface LoadStatsRequest {
  /**
   * In the first request; some clients send that one without any statistics.
   */
  'node'?: (_envoy_config_core_v3_Node | null);
  'cluster_stats'?: readonly (_envoy_config_endpoint_v3_ClusterStats)[];
}

export interface LoadStatsRequest__Output {
  /**
   * In the first request; some clients send that one without any statistics.
   */
  'node': (_envoy_config_core_v3_Node__Output | null);
  'cluster_stats': (_envoy_config_endpoint_v3_ClusterStats__Output)[];
}
