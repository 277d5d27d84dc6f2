// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../google/protobuf/Duration.js';
import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../../../google/protobuf/UInt32Value.js';

export interface HttpProtocolOptions {
  'idle_timeout'?: (_google_protobuf_Duration | null);
  'max_connection_duration'?: (_google_protobuf_Duration | null);
  /**
   * The longest a stream lives; gRPC clients take it as the upper bound of a call's deadline.
   */
  'max_stream_duration'?: (_google_protobuf_Duration | null);
  'max_requests_per_connection'?: (_google_protobuf_UInt32Value | null);
}

export interface HttpProtocolOptions__Output {
  'idle_timeout': (_google_protobuf_Duration__Output | null);
  'max_connection_duration': (_google_protobuf_Duration__Output | null);
  /**
   * The longest a stream lives; gRPC clients take it as the upper bound of a call's deadline.
   */
  'max_stream_duration': (_google_protobuf_Duration__Output | null);
  'max_requests_per_connection': (_google_protobuf_UInt32Value__Output | null);
}
