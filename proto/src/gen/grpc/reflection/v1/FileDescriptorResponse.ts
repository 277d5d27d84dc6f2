// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface FileDescriptorResponse {
  /**
   * The file asked for and what it imports.
   */
  'file_descriptor_proto'?: readonly (Uint8Array)[];
}

export interface FileDescriptorResponse__Output {
  /**
   * The file asked for and what it imports.
   */
  'file_descriptor_proto': (Buffer)[];
}
