// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


/**
 * The client's one aggregated stream.
 */
export interface AggregatedConfigSource {
}

/**
 * The client's one aggregated stream.
 */
export interface AggregatedConfigSource__Output {
}
