// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../../../google/protobuf/Any.js';

export interface TypedExtensionConfig {
  /**
   * For people; the type of `typed_config` selects the extension.
   */
  'name'?: (string);
  'typed_config'?: (_google_protobuf_Any | null);
}

export interface TypedExtensionConfig__Output {
  /**
   * For people; the type of `typed_config` selects the extension.
   */
  'name': (string);
  'typed_config': (_google_protobuf_Any__Output | null);
}
