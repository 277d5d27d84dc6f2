// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { LoadBalancingPolicy as _envoy_config_cluster_v3_LoadBalancingPolicy, LoadBalancingPolicy__Output as _envoy_config_cluster_v3_LoadBalancingPolicy__Output } from '../../../../../envoy/config/cluster/v3/LoadBalancingPolicy.js';

export interface WrrLocality {
  'endpoint_picking_policy'?: (_envoy_config_cluster_v3_LoadBalancingPolicy | null);
}

export interface WrrLocality__Output {
  'endpoint_picking_policy': (_envoy_config_cluster_v3_LoadBalancingPolicy__Output | null);
}
