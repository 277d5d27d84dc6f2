// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface Timestamp {
  'seconds'?: (number);
  /**
   * 0 to 999,999,999, forwards also from a negative `seconds`.
   */
  'nanos'?: (number);
}

export interface Timestamp__Output {
  'seconds': (number);
  /**
   * 0 to 999,999,999, forwards also from a negative `seconds`.
   */
  'nanos': (number);
}
