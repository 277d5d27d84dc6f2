// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Address as _envoy_config_core_v3_Address, Address__Output as _envoy_config_core_v3_Address__Output } from '../../../../envoy/config/core/v3/Address.js';
import type { EndpointLoadMetricStats as _envoy_config_endpoint_v3_EndpointLoadMetricStats, EndpointLoadMetricStats__Output as _envoy_config_endpoint_v3_EndpointLoadMetricStats__Output } from '../../../../envoy/config/endpoint/v3/EndpointLoadMetricStats.js';
import type { Struct as _google_protobuf_Struct, Struct__Output as _google_protobuf_Struct__Output } from '../../../../google/protobuf/Struct.js';

export interface UpstreamEndpointStats {
  'address'?: (_envoy_config_core_v3_Address | null);
  'total_successful_requests'?: (number);
  'total_requests_in_progress'?: (number);
  'total_error_requests'?: (number);
  'load_metric_stats'?: readonly (_envoy_config_endpoint_v3_EndpointLoadMetricStats)[];
  /**
   * The endpoint's metadata as the client got it.
   */
  'metadata'?: (_google_protobuf_Struct | null);
  'total_issued_requests'?: (number);
}

export interface UpstreamEndpointStats__Output {
  'address': (_envoy_config_core_v3_Address__Output | null);
  'total_successful_requests': (number);
  'total_requests_in_progress': (number);
  'total_error_requests': (number);
  'load_metric_stats': (_envoy_config_endpoint_v3_EndpointLoadMetricStats__Output)[];
  /**
   * The endpoint's metadata as the client got it.
   */
  'metadata': (_google_protobuf_Struct__Output | null);
  'total_issued_requests': (number);
}
