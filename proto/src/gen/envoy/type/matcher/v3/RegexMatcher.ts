// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface RegexMatcher {
  'regex'?: (string);
}

export interface RegexMatcher__Output {
  'regex': (string);
}
