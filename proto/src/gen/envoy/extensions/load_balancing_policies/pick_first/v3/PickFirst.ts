// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface PickFirst {
  'shuffle_address_list'?: (boolean);
}

export interface PickFirst__Output {
  'shuffle_address_list': (boolean);
}
