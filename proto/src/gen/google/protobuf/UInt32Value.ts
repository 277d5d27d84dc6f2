// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface UInt32Value {
  'value'?: (number);
}

export interface UInt32Value__Output {
  'value': (number);
}
