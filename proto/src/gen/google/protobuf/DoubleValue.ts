// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface DoubleValue {
  'value'?: (number);
}

export interface DoubleValue__Output {
  'value': (number);
}
