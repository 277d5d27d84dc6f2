// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface Duration {
  'seconds'?: (number);
  /**
   * -999,999,999 to 999,999,999, with the sign of `seconds`.
   */
  'nanos'?: (number);
}

export interface Duration__Output {
  'seconds': (number);
  /**
   * -999,999,999 to 999,999,999, with the sign of `seconds`.
   */
  'nanos': (number);
}
