// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

/**
 * Which circuit breaker thresholds a request counts against.
 */
export const RoutingPriority = {
  DEFAULT: 'DEFAULT',
  HIGH: 'HIGH',
} as const;

/**
 * Which circuit breaker thresholds a request counts against.
 */
export type RoutingPriority =
  | 'DEFAULT'
  | 0
  | 'HIGH'
  | 1

/**
 * Which circuit breaker thresholds a request counts against.
 */
export type RoutingPriority__Output = typeof RoutingPriority[keyof typeof RoutingPriority]
