// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../google/protobuf/Any.js';

export interface Status {
  /**
   * A gRPC status code: 0 is OK, 3 INVALID_ARGUMENT, 5 NOT_FOUND, 14 UNAVAILABLE.
   */
  'code'?: (number);
  /**
   * For a person to act on.
   */
  'message'?: (string);
  /**
   * For a program to act on: our sidecar names the refused resources here.
   */
  'details'?: readonly (_google_protobuf_Any)[];
}

export interface Status__Output {
  /**
   * A gRPC status code: 0 is OK, 3 INVALID_ARGUMENT, 5 NOT_FOUND, 14 UNAVAILABLE.
   */
  'code': (number);
  /**
   * For a person to act on.
   */
  'message': (string);
  /**
   * For a program to act on: our sidecar names the refused resources here.
   */
  'details': (_google_protobuf_Any__Output)[];
}
