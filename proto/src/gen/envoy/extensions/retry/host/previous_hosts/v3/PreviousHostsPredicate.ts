// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface PreviousHostsPredicate {
}

export interface PreviousHostsPredicate__Output {
}
