// Priorities as endpoint.proto wants them, from 0 without skipping, whatever numbers the source uses and whoever is left out.

import type { SnapshotEndpoint } from "../snapshot/index.js";

export interface PriorityGroup {
  /** 0, 1, 2 and so on in the order of the sources' own numbers. */
  readonly priority: number;
  /** The sources' own. */
  readonly number: number;
  readonly members: readonly SnapshotEndpoint[];
}

/** The endpoints by priority, most preferred first; their order within a group stays. */
export function priorityGroups(endpoints: readonly SnapshotEndpoint[]): readonly PriorityGroup[] {
  const byNumber = new Map<number, SnapshotEndpoint[]>();
  for (const member of endpoints) {
    const number = member.endpoint.priority ?? 0;
    const members = byNumber.get(number);
    if (members === undefined) byNumber.set(number, [member]);
    else members.push(member);
  }
  return [...byNumber].sort(([one], [other]) => one - other).map(([number, members], priority) => ({ priority, number, members }));
}
