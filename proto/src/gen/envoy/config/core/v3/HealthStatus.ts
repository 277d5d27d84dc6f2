// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

export const HealthStatus = {
  /**
   * Taken as healthy.
   */
  UNKNOWN: 'UNKNOWN',
  HEALTHY: 'HEALTHY',
  UNHEALTHY: 'UNHEALTHY',
  /**
   * Finishing what it has: no new requests.
   */
  DRAINING: 'DRAINING',
  /**
   * A check got no answer in time; taken as unhealthy.
   */
  TIMEOUT: 'TIMEOUT',
  /**
   * Used by Envoy when too few healthy ones are left; gRPC clients drop it.
   */
  DEGRADED: 'DEGRADED',
} as const;

export type HealthStatus =
  /**
   * Taken as healthy.
   */
  | 'UNKNOWN'
  | 0
  | 'HEALTHY'
  | 1
  | 'UNHEALTHY'
  | 2
  /**
   * Finishing what it has: no new requests.
   */
  | 'DRAINING'
  | 3
  /**
   * A check got no answer in time; taken as unhealthy.
   */
  | 'TIMEOUT'
  | 4
  /**
   * Used by Envoy when too few healthy ones are left; gRPC clients drop it.
   */
  | 'DEGRADED'
  | 5

export type HealthStatus__Output = typeof HealthStatus[keyof typeof HealthStatus]
