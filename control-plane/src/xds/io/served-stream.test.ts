import { encode } from "@fairlead/proto";
import { Cell } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../limits.js";
import type { StreamMachine } from "../stream-machine.js";
import { view } from "../testing/views.js";
import { WriteRoom } from "../write-room.js";
import type { GrpcCall } from "./grpc-call.js";
import { ServedStream } from "./served-stream.js";

test("what is due earlier than what was waited for is not late", () => {
  const clock = new FakeClock();
  const ticksMs: number[] = [];
  const machine = {
    dueMs: undefined as number | undefined,
    request: () => [],
    tick() {
      ticksMs.push(clock.nowMs());
      machine.dueMs = machine.dueMs === 15_000 ? 20_000 : undefined;
      return [];
    },
    ended: () => undefined,
  };
  const stream = new ServedStream({
    call: { close: () => undefined, waitingBytes: 0 } as unknown as GrpcCall,
    machine: machine as unknown as StreamMachine,
    variant: "delta",
    viewOf: () => new Cell(view({})),
    clock,
    limits: { ...DEFAULT_LIMITS, firstRequestMs: 1e9 },
    ageMs: 1e9,
    room: new WriteRoom({ clock, bytes: 1, onFull: () => undefined }),
    onEnded: () => undefined,
    onLimit: () => undefined,
  });
  const request = encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", { type_url: "t" });
  for (const dueMs of [20_000, 15_000, 18_000]) {
    machine.dueMs = dueMs;
    stream.message(request);
  }
  machine.dueMs = 15_000;
  clock.advance(60_000);
  expect(ticksMs).toEqual([15_000, 20_000]);
  stream.close({ code: 0, details: "the test is over" });
  expect(clock.pendingCount).toBe(0);
});
