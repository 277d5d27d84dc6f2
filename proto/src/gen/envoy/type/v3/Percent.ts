// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface Percent {
  /**
   * 0 to 100.
   */
  'value'?: (number);
}

export interface Percent__Output {
  /**
   * 0 to 100.
   */
  'value': (number);
}
