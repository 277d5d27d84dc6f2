// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface ErrorResponse {
  /**
   * A code of gRPC.
   */
  'error_code'?: (number);
  'error_message'?: (string);
}

export interface ErrorResponse__Output {
  /**
   * A code of gRPC.
   */
  'error_code': (number);
  'error_message': (string);
}
