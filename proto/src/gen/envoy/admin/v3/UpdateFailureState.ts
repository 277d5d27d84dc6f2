// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface UpdateFailureState {
  'details'?: (string);
  /**
   * Of the refused resource.
   */
  'version_info'?: (string);
}

export interface UpdateFailureState__Output {
  'details': (string);
  /**
   * Of the refused resource.
   */
  'version_info': (string);
}
