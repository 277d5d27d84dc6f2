import { describe, expect, test } from "vitest";
import { address, dnsName, dnsUnderTest, type FakeResolver } from "./testing/fake-resolver.js";

const COUNT = 10_000;
const NAMES = Array.from({ length: COUNT }, (_, index) => dnsName(`s${index}`, `s${index}.example`));
const says: FakeResolver["say"] = ({ name }) => ({ answers: [address(name, "10.0.0.1", 5)] });

describe("ten thousand names that expired while every resolver was silent", () => {
  test("are all fresh again in the time the budget gives, and no second has more queries than it allows", async () => {
    const { source, resolver, clock } = dnsUnderTest(NAMES, says);
    const pass = async (ms: number) => {
      for (let gone = 0; gone < ms; gone += 10) {
        clock.advance(10);
        for (let turn = 0; turn < 8; turn++) await Promise.resolve();
      }
    };
    const count = (kind: string) => [...source.services.value.values()].filter((reading) => reading.kind === kind).length;
    await pass(6_000);
    expect(count("seen")).toBe(COUNT);
    resolver.say = () => "no answer within 1000 ms";
    await pass(15_000);
    expect(count("stale")).toBe(COUNT);
    resolver.say = says;
    resolver.asked.length = 0;
    await pass(2_000);
    // The first that is asked again notices; retries are at most 30 s apart, and of ten thousand one comes at once.
    await pass(2_500);
    expect(count("seen")).toBe(COUNT);
    expect(busiestSecond(resolver.asked.map(({ atMs }) => atMs))).toBeLessThanOrEqual(4_000);
    await source.close();
    expect(clock.pendingCount).toBe(0);
  });
});

function busiestSecond(times: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] ?? 0) - (times[first] ?? 0) > 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
