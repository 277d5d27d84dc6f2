// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../../../../../google/protobuf/Any.js';

export interface HttpFilter {
  'name'?: (string);
  'typed_config'?: (_google_protobuf_Any | null);
  /**
   * A client that does not know the filter leaves it out instead of refusing the listener.
   */
  'is_optional'?: (boolean);
  'disabled'?: (boolean);
}

export interface HttpFilter__Output {
  'name': (string);
  'typed_config'?: (_google_protobuf_Any__Output | null);
  /**
   * A client that does not know the filter leaves it out instead of refusing the listener.
   */
  'is_optional': (boolean);
  'disabled': (boolean);
}
