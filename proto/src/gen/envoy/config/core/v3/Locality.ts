// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface Locality {
  'region'?: (string);
  /**
   * What Fairlead calls the zone.
   */
  'zone'?: (string);
  /**
   * For clients that ignore endpoint weights: one sub-zone per distinct weight.
   */
  'sub_zone'?: (string);
}

export interface Locality__Output {
  'region': (string);
  /**
   * What Fairlead calls the zone.
   */
  'zone': (string);
  /**
   * For clients that ignore endpoint weights: one sub-zone per distinct weight.
   */
  'sub_zone': (string);
}
