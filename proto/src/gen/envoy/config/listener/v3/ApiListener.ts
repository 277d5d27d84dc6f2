// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../../../google/protobuf/Any.js';

export interface ApiListener {
  /**
   * An HttpConnectionManager.
   */
  'api_listener'?: (_google_protobuf_Any | null);
}

export interface ApiListener__Output {
  /**
   * An HttpConnectionManager.
   */
  'api_listener': (_google_protobuf_Any__Output | null);
}
