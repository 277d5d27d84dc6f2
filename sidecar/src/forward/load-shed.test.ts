import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import { LimitHits } from "./limits.js";
import { LoadShed, SHED_DEFAULTS } from "./load-shed.js";

function shedOf(settings: Partial<typeof SHED_DEFAULTS> = {}) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const limits = new LimitHits();
  const process = { delayMs: 0, heap: 0.1 };
  const probe = { loopDelayMs: () => process.delayMs, heapShare: () => process.heap };
  const shed = new LoadShed({ ...SHED_DEFAULTS, ...settings }, { probe, limits, clock, log });
  shed.start();
  return { shed, clock, log, limits, process };
}

describe("load is shed", () => {
  test("beyond the requests under way, until a fifth of them is gone, and it is said once", () => {
    const { shed, log, limits } = shedOf({ maxInFlight: 10 });
    for (let count = 0; count < 10; count++) {
      expect(shed.refuses()).toBe(false);
      shed.entered();
    }
    expect([shed.refuses(), shed.refuses()]).toEqual([true, true]);
    shed.left();
    expect(shed.refuses()).toBe(true);
    shed.left();
    expect(shed.refuses()).toBe(false);
    expect([log.count("load-shed-began"), log.count("load-shed-ended"), limits.of("in-flight")]).toEqual([1, 1, 1]);
    expect(shed.view().refused).toBe(3);
  });

  test("while the event loop is late twice in a row, until it is prompt twice in a row", () => {
    const { shed, clock, process } = shedOf();
    process.delayMs = 1_000;
    clock.advance(500);
    expect(shed.refuses()).toBe(false);
    clock.advance(500);
    expect(shed.refuses()).toBe(true);
    expect(shed.view().causes).toMatchObject([{ cause: "loop-delay", because: expect.stringContaining("1000 ms") as string }]);
    process.delayMs = 600;
    clock.advance(2_000);
    expect(shed.refuses()).toBe(true);
    process.delayMs = 100;
    clock.advance(1_000);
    expect(shed.refuses()).toBe(false);
  });

  test("while the heap is nearly full, until a tenth of it is free again", () => {
    const { shed, clock, process, limits } = shedOf();
    process.heap = 0.91;
    clock.advance(500);
    expect(shed.refuses()).toBe(true);
    process.heap = 0.85;
    clock.advance(500);
    expect(shed.refuses()).toBe(true);
    process.heap = 0.5;
    clock.advance(500);
    expect(shed.refuses()).toBe(false);
    expect(limits.of("heap-share")).toBe(1);
  });

  test("until an operator ends it, and again when they let it", () => {
    const { shed, clock, process } = shedOf();
    process.heap = 0.95;
    clock.advance(500);
    shed.setMode("off");
    expect([shed.refuses(), shed.view().mode]).toEqual([false, "off"]);
    clock.advance(5_000);
    expect(shed.refuses()).toBe(false);
    shed.setMode("auto");
    clock.advance(500);
    expect(shed.refuses()).toBe(true);
  });

  test("never where it is switched off", () => {
    const { shed, clock, process } = shedOf({ enabled: false, maxInFlight: 0 });
    process.heap = 1;
    clock.advance(5_000);
    expect(shed.refuses()).toBe(false);
  });

  test("and a sidecar that ends looks no more", () => {
    const { shed, clock } = shedOf();
    shed.close();
    expect(clock.pendingCount).toBe(0);
  });
});
