// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface UInt64Value {
  'value'?: (number);
}

export interface UInt64Value__Output {
  'value': (number);
}
