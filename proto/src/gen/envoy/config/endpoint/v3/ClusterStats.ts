// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { UpstreamLocalityStats as _envoy_config_endpoint_v3_UpstreamLocalityStats, UpstreamLocalityStats__Output as _envoy_config_endpoint_v3_UpstreamLocalityStats__Output } from '../../../../envoy/config/endpoint/v3/UpstreamLocalityStats.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../google/protobuf/Duration.js';

export interface _envoy_config_endpoint_v3_ClusterStats_DroppedRequests {
  'category'?: (string);
  'dropped_count'?: (number);
}

export interface _envoy_config_endpoint_v3_ClusterStats_DroppedRequests__Output {
  'category': (string);
  'dropped_count': (number);
}

export interface ClusterStats {
  'cluster_name'?: (string);
  'upstream_locality_stats'?: readonly (_envoy_config_endpoint_v3_UpstreamLocalityStats)[];
  'total_dropped_requests'?: (number);
  /**
   * The span these counts cover.
   */
  'load_report_interval'?: (_google_protobuf_Duration | null);
  'dropped_requests'?: readonly (_envoy_config_endpoint_v3_ClusterStats_DroppedRequests)[];
  'cluster_service_name'?: (string);
}

export interface ClusterStats__Output {
  'cluster_name': (string);
  'upstream_locality_stats': (_envoy_config_endpoint_v3_UpstreamLocalityStats__Output)[];
  'total_dropped_requests': (number);
  /**
   * The span these counts cover.
   */
  'load_report_interval': (_google_protobuf_Duration__Output | null);
  'dropped_requests': (_envoy_config_endpoint_v3_ClusterStats_DroppedRequests__Output)[];
  'cluster_service_name': (string);
}
