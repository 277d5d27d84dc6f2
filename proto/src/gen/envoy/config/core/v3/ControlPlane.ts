// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface ControlPlane {
  /**
   * Shown by Envoy as the stat control_plane.identifier.
   */
  'identifier'?: (string);
}

export interface ControlPlane__Output {
  /**
   * Shown by Envoy as the stat control_plane.identifier.
   */
  'identifier': (string);
}
