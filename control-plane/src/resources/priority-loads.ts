// Graceful failover between priorities, for clients that have none (client feature envoy.lb.does_not_support_overprovisioning).

/** Envoy's default: while 100 / 140 of a priority are healthy it carries everything. */
const OVERPROVISIONING_PERCENT = 140;

export interface PriorityHealth {
  readonly healthy: number;
  readonly total: number;
}

/**
 * Percent of the requests for each priority, most preferred first, as Envoy splits them: a priority carries 1.4 times its
 * healthy share, the next ones the rest; where all together cannot carry 100 %, each carries more. All 0 when nobody is healthy.
 */
export function priorityLoads(priorities: readonly PriorityHealth[]): readonly number[] {
  const carried = priorities.map(({ healthy, total }) => (total === 0 ? 0 : Math.min(100, (OVERPROVISIONING_PERCENT * healthy) / total)));
  const together = Math.min(
    100,
    carried.reduce((sum, each) => sum + each, 0),
  );
  if (together === 0) return carried;
  let rest = 100;
  return carried.map((each) => {
    const load = Math.min(rest, (each * 100) / together);
    rest -= load;
    return load;
  });
}
