// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface StructMatcher {
}

export interface StructMatcher__Output {
}
