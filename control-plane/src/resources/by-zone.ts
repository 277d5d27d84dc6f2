import type { SnapshotEndpoint } from "../snapshot/index.js";

/** The endpoints by zone, sorted by its name. */
export function byZone(endpoints: readonly SnapshotEndpoint[]): readonly (readonly [zone: string, members: readonly SnapshotEndpoint[]])[] {
  const zones = new Map<string, SnapshotEndpoint[]>();
  for (const member of endpoints) {
    const members = zones.get(member.endpoint.zone);
    if (members === undefined) zones.set(member.endpoint.zone, [member]);
    else members.push(member);
  }
  return [...zones].sort(([one], [other]) => (one < other ? -1 : 1));
}
