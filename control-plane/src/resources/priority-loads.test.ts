import { describe, expect, test } from "vitest";
import { grpcLocalities, hashedLocalities } from "./grpc-localities.js";
import { priorityLoads } from "./priority-loads.js";
import { entries } from "./testing/services.js";

/** Examples of Envoy's documentation of priority levels, with 1.4 for the overprovisioning factor. */
test.each([
  [
    [100, 100],
    [100, 0],
  ],
  [
    [72, 100],
    [100, 0],
  ],
  [
    [71, 100],
    [99.4, 0.6],
  ],
  [
    [50, 100],
    [70, 30],
  ],
  [
    [25, 100],
    [35, 65],
  ],
  [
    [0, 100],
    [0, 100],
  ],
  [
    [25, 25],
    [50, 50],
  ],
  [
    [0, 0],
    [0, 0],
  ],
])("healthy shares of %j carry %j percent", (healthy, loads) => {
  const got = priorityLoads(healthy.map((share) => ({ healthy: share, total: 100 })));
  for (const [at, load] of loads.entries()) expect(got[at]).toBeCloseTo(load, 0.1);
});

describe("gRPC clients, which leave a priority only when nobody of it answers", () => {
  const half = entries([
    ...[1, 2].map((port) => ({ port })),
    ...[3, 4].map((port) => ({ port, health: "unhealthy" as const })),
    ...[5, 6, 7].map((port) => ({ port, priority: 1 })),
    { port: 8, priority: 2 },
  ]);
  const shares = (localities: ReturnType<typeof grpcLocalities>) => {
    const first = localities.filter(({ priority }) => priority === 0);
    const weights = first.map(({ weight, members }) => weight * (members.length > 0 ? 1 : 0));
    const total = weights.reduce((sum, each) => sum + each, 0);
    return weights.map((weight) => Math.round((100 * weight) / total));
  };

  test("have the next priority beside the first, with the share that Envoy would give it", () => {
    const localities = grpcLocalities(half);
    expect(localities.map(({ priority, subZone }) => `${priority} ${subZone}`)).toEqual(["0 w100", "0 w100-p1", "1 w100-p2"]);
    expect(shares(localities)).toEqual([70, 30]);
  });

  test("that hash too, with the weights of their endpoints counted in", () => {
    const [one, two] = hashedLocalities(half);
    const effective = [one, two].map((locality) => (locality?.weight ?? 0) * 100 * (locality?.members.length ?? 0));
    expect((effective[1] ?? 0) / ((effective[0] ?? 0) + (effective[1] ?? 0))).toBeCloseTo(0.3, 2);
  });

  test("keep whole priorities while the first carries everything", () => {
    const members = entries([1, 2, 3, 4].map((port) => ({ port, priority: port > 3 ? 1 : 0 })));
    expect(grpcLocalities(members).map(({ priority, weight }) => [priority, weight])).toEqual([
      [0, 300],
      [1, 100],
    ]);
  });
});
