// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../google/protobuf/Duration.js';

export interface LoadStatsResponse {
  /**
   * The clusters to report on, by name.
   */
  'clusters'?: readonly (string)[];
  'load_reporting_interval'?: (_google_protobuf_Duration | null);
  'report_endpoint_granularity'?: (boolean);
  /**
   * Only for clients with the feature envoy.lrs.supports_send_all_clusters.
   */
  'send_all_clusters'?: (boolean);
}

export interface LoadStatsResponse__Output {
  /**
   * The clusters to report on, by name.
   */
  'clusters': (string)[];
  'load_reporting_interval': (_google_protobuf_Duration__Output | null);
  'report_endpoint_granularity': (boolean);
  /**
   * Only for clients with the feature envoy.lrs.supports_send_all_clusters.
   */
  'send_all_clusters': (boolean);
}
