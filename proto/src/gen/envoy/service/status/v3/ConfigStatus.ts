// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

/**
 * From the server's point of view.
 */
export const ConfigStatus = {
  UNKNOWN: 'UNKNOWN',
  SYNCED: 'SYNCED',
  NOT_SENT: 'NOT_SENT',
  /**
   * Sent, and not answered yet.
   */
  STALE: 'STALE',
  /**
   * Refused.
   */
  ERROR: 'ERROR',
} as const;

/**
 * From the server's point of view.
 */
export type ConfigStatus =
  | 'UNKNOWN'
  | 0
  | 'SYNCED'
  | 1
  | 'NOT_SENT'
  | 2
  /**
   * Sent, and not answered yet.
   */
  | 'STALE'
  | 3
  /**
   * Refused.
   */
  | 'ERROR'
  | 4

/**
 * From the server's point of view.
 */
export type ConfigStatus__Output = typeof ConfigStatus[keyof typeof ConfigStatus]
