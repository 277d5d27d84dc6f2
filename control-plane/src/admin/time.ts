/** Wall ms → ISO 8601 in UTC. */
export function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** Whole tenths of seconds between two wall times. */
export function ageSeconds(sinceMs: number, nowMs: number): number {
  return Math.max(0, Math.round((nowMs - sinceMs) / 100) / 10);
}

/** Whole tenths of seconds until a wall time; 0 when it has passed. */
export function leftSeconds(untilMs: number, nowMs: number): number {
  return ageSeconds(nowMs, untilMs);
}
