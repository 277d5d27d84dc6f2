// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface Router {
  /**
   * True: no x-envoy-* headers are added.
   */
  'suppress_envoy_headers'?: (boolean);
}

export interface Router__Output {
  /**
   * True: no x-envoy-* headers are added.
   */
  'suppress_envoy_headers': (boolean);
}
