// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Locality as _envoy_config_core_v3_Locality, Locality__Output as _envoy_config_core_v3_Locality__Output } from '../../../../envoy/config/core/v3/Locality.js';
import type { EndpointLoadMetricStats as _envoy_config_endpoint_v3_EndpointLoadMetricStats, EndpointLoadMetricStats__Output as _envoy_config_endpoint_v3_EndpointLoadMetricStats__Output } from '../../../../envoy/config/endpoint/v3/EndpointLoadMetricStats.js';
import type { UpstreamEndpointStats as _envoy_config_endpoint_v3_UpstreamEndpointStats, UpstreamEndpointStats__Output as _envoy_config_endpoint_v3_UpstreamEndpointStats__Output } from '../../../../envoy/config/endpoint/v3/UpstreamEndpointStats.js';

export interface UpstreamLocalityStats {
  'locality'?: (_envoy_config_core_v3_Locality | null);
  'total_successful_requests'?: (number);
  'total_requests_in_progress'?: (number);
  'total_error_requests'?: (number);
  'load_metric_stats'?: readonly (_envoy_config_endpoint_v3_EndpointLoadMetricStats)[];
  'priority'?: (number);
  /**
   * Only where LoadStatsResponse.report_endpoint_granularity asked for it, and only from Envoy and our sidecars.
   */
  'upstream_endpoint_stats'?: readonly (_envoy_config_endpoint_v3_UpstreamEndpointStats)[];
  'total_issued_requests'?: (number);
  'total_active_connections'?: (number);
  'total_new_connections'?: (number);
  'total_fail_connections'?: (number);
}

export interface UpstreamLocalityStats__Output {
  'locality': (_envoy_config_core_v3_Locality__Output | null);
  'total_successful_requests': (number);
  'total_requests_in_progress': (number);
  'total_error_requests': (number);
  'load_metric_stats': (_envoy_config_endpoint_v3_EndpointLoadMetricStats__Output)[];
  'priority': (number);
  /**
   * Only where LoadStatsResponse.report_endpoint_granularity asked for it, and only from Envoy and our sidecars.
   */
  'upstream_endpoint_stats': (_envoy_config_endpoint_v3_UpstreamEndpointStats__Output)[];
  'total_issued_requests': (number);
  'total_active_connections': (number);
  'total_new_connections': (number);
  'total_fail_connections': (number);
}
