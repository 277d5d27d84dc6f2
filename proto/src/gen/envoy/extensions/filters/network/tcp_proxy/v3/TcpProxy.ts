// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../../../../google/protobuf/UInt32Value.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../../../google/protobuf/Duration.js';

export interface TcpProxy {
  /**
   * Required by Envoy.
   */
  'stat_prefix'?: (string);
  'cluster'?: (string);
  'max_connect_attempts'?: (_google_protobuf_UInt32Value | null);
  /**
   * Absent is 1 hour, 0 none.
   */
  'idle_timeout'?: (_google_protobuf_Duration | null);
}

export interface TcpProxy__Output {
  /**
   * Required by Envoy.
   */
  'stat_prefix': (string);
  'cluster'?: (string);
  'max_connect_attempts': (_google_protobuf_UInt32Value__Output | null);
  /**
   * Absent is 1 hour, 0 none.
   */
  'idle_timeout': (_google_protobuf_Duration__Output | null);
}
