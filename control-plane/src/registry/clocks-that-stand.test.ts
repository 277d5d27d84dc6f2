import { describe, expect, test } from "vitest";
import { endpointAt, FakeSource } from "../discovery/testing/fake-source.js";
import { settingsWith } from "../snapshot/testing/settings.js";
import { registryUnderTest, SHOP } from "./testing/registry-under-test.js";

const some = (count: number, from = 1) => Array.from({ length: count }, (_, index) => endpointAt(from + index));
const PARTIAL = { kind: "partial", reason: "1 of 6 members not read yet" } as const;

describe("a source that loses sight again and again", () => {
  /** Six, of whom so many are left; every minute the source loses sight for a second. */
  function blinking(left: number) {
    const source = new FakeSource("one");
    const parts = registryUnderTest([source]);
    source.see(SHOP, some(6));
    source.see(SHOP, some(left));
    const blink = () => {
      parts.clock.advance(59_000);
      source.see(SHOP, some(left), PARTIAL);
      parts.clock.advance(1_000);
      source.see(SHOP, some(left));
    };
    return { ...parts, source, blink };
  }

  test("holds nobody for ever: the clock of a collapse goes on when it sees again", () => {
    const { blink, ports } = blinking(0);
    for (let minute = 1; minute <= 5; minute++) {
      blink();
      expect(ports()).toHaveLength(6);
    }
    blink();
    expect(ports()).toEqual([]);
  });

  test("lets nobody leave while it does not see", () => {
    const { clock, source, ports } = blinking(0);
    clock.advance(299_000);
    source.see(SHOP, [], PARTIAL);
    clock.advance(3_600_000);
    expect(ports()).toHaveLength(6);
  });

  test("reproaches nobody with departures that were none", () => {
    const { blink, registry, clock } = blinking(0);
    clock.advance(60_000);
    for (let times = 0; times < 3; times++) blink();
    expect(registry.flapPenalty(SHOP, endpointAt(1).id)).toBeLessThan(100);
  });

  test("is doubted anew each time it returns disturbed", () => {
    const source = new FakeSource("one");
    const { clock, ports } = registryUnderTest([source]);
    source.see(SHOP, some(6));
    for (let times = 0; times < 5; times++) {
      source.disturbedUntilMs.set(clock.wallMs() + 60_000);
      source.see(SHOP, some(4));
      clock.advance(50_000);
      source.stale(SHOP, some(4), "connection lost");
    }
    expect(ports()).toHaveLength(6);
    source.see(SHOP, some(4));
    clock.advance(60_000);
    expect(ports()).toHaveLength(4);
  });
});

describe("a disturbance", () => {
  function disturbed() {
    const source = new FakeSource("one");
    const parts = registryUnderTest([source]);
    source.see(SHOP, some(6));
    source.disturbedUntilMs.set(parts.clock.wallMs() + 60_000);
    source.see(SHOP, some(4));
    return { ...parts, source };
  }

  test.each([
    ["forward", 3_600_000],
    ["back", -3_600_000],
  ])("lasts as long as it does, whoever sets the wall clock %s", (_, byMs) => {
    const { clock, ports, registry } = disturbed();
    clock.advance(10_000);
    clock.setWall(byMs);
    clock.advance(45_000);
    expect(ports()).toHaveLength(6);
    clock.advance(15_000);
    expect(ports()).toHaveLength(4);
    expect(registry.sources.value[0]?.disturbedUntilMs).toBe(0);
  });

  test("outlives a reload that makes its source anew, and ends when it would have ended", () => {
    const { clock, ports, registry } = disturbed();
    clock.advance(20_000);
    const successor = new FakeSource("one", { kind: "pending" });
    registry.configure({ sources: [successor], services: new Map(), defaults: settingsWith() });
    successor.see(SHOP, some(4));
    successor.list();
    clock.advance(35_000);
    expect(ports()).toHaveLength(6);
    clock.advance(10_000);
    expect(ports()).toHaveLength(4);
  });

  test("ends at once when the source itself says that it is over", () => {
    const { clock, ports, source } = disturbed();
    clock.advance(2_000);
    source.disturbedUntilMs.set(0);
    expect(ports()).toHaveLength(4);
  });
});

test("an operator's word of before a wall clock was set back confirms nothing that happens after it", () => {
  const source = new FakeSource("one");
  const { clock, confirm, ports } = registryUnderTest([source]);
  source.see(SHOP, some(6));
  confirm();
  clock.setWall(-3_600_000);
  clock.advance(60_000);
  source.see(SHOP, []);
  clock.advance(60_000);
  expect(ports()).toHaveLength(6);
  confirm();
  expect(ports()).toEqual([]);
});
