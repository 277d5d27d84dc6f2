// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface HealthCheckRequest {
  /**
   * Empty for the server as a whole.
   */
  'service'?: (string);
}

export interface HealthCheckRequest__Output {
  /**
   * Empty for the server as a whole.
   */
  'service': (string);
}
