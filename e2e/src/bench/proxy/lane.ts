/** A port of the proxy and the origins behind it, all on 127.0.0.1. */
export interface Lane {
  readonly name: LaneName;
  readonly port: number;
  readonly origins: readonly number[];
}

/** `files`: nginx, for the closed loop. `replies`: the load process itself, for everything that is paced or measured by message. */
export type LaneName = "files" | "replies";

/** What every proxy routes by. */
export const HOST = "bench.test";

export function laneOf(lanes: readonly Lane[], name: LaneName): Lane {
  const lane = lanes.find((each) => each.name === name);
  if (lane === undefined) throw new Error(`no lane called ${name}`);
  return lane;
}
