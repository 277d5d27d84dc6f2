/** A port of the proxy and the origins behind it, all on 127.0.0.1. */
export interface Lane {
  readonly name: LaneName;
  readonly port: number;
  readonly origins: readonly number[];
}

/**
 * What is spoken on each lane. `files` leads to nginx, for the closed loop; the others lead to the load process itself: `replies` for
 * what is paced or measured by message, `echo` gives back what it gets, `source` sends for as long as somebody takes.
 */
export const LANES = { files: "http", replies: "http", echo: "tcp", source: "tcp" } as const;

export type LaneName = keyof typeof LANES;
export type LaneProtocol = (typeof LANES)[LaneName];

/** Origins by the lane that leads to them. */
export type Origins = Readonly<Record<LaneName, readonly number[]>>;

/** What every proxy routes HTTP by. */
export const HOST = "bench.test";

export function laneOf(lanes: readonly Lane[], name: LaneName): Lane {
  const lane = lanes.find((each) => each.name === name);
  if (lane === undefined) throw new Error(`no lane called ${name}`);
  return lane;
}

export function lanesOf(lanes: readonly Lane[], protocol: LaneProtocol): readonly Lane[] {
  return lanes.filter(({ name }) => LANES[name] === protocol);
}
