// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


/**
 * A number Envoy lets its runtime override.
 */
export interface RuntimeDouble {
  'default_value'?: (number);
  'runtime_key'?: (string);
}

/**
 * A number Envoy lets its runtime override.
 */
export interface RuntimeDouble__Output {
  'default_value': (number);
  'runtime_key': (string);
}
