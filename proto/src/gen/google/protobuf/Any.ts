// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

/** A message with the name of its type, as it travels: never unpacked by itself. */
export interface Any {
  'type_url': string;
  'value': Uint8Array;
}

/** A message with the name of its type, as it travels: never unpacked by itself. */
export interface Any__Output {
  'type_url': string;
  'value': Buffer;
}
