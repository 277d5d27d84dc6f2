import type { FakeClock } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import type { Reading, Source } from "../source.js";
import { nameOf } from "../zookeeper/testing/zookeeper-under-test.js";

/** A source under the contract, with its world in the test's hands. It announces one service, `shop`. */
export interface SourceUnderContract {
  readonly source: Source;
  readonly clock: FakeClock;
  /** Makes the world hold exactly these `ip:port` for `shop`. */
  readonly announce: (addresses: readonly string[]) => void | Promise<void>;
  /** Makes the world unreadable; undefined where a source cannot fail. */
  readonly breakWorld: (() => void | Promise<void>) | undefined;
  /** Undoes `breakWorld`. */
  readonly mendWorld: () => void | Promise<void>;
  /** Lets time and answers pass until nothing more is expected to happen. */
  readonly settle: () => Promise<void>;
}

const SHOP = nameOf("shop");
const TWO = ["10.0.0.1:80", "10.0.0.2:80"];

/** What every source owes the registry. `make` gives a new source that announces `TWO` once it has settled. */
export function sourceContract(kind: string, make: (addresses: readonly string[]) => SourceUnderContract): void {
  describe(`every source: ${kind}`, () => {
    test("says complete only when it has read everything, and nothing before", async () => {
      const { source, settle } = make(TWO);
      const kinds: string[] = [];
      source.services.watch((value) => {
        const shop = value.get(SHOP);
        if (shop?.kind === "seen") kinds.push(`${shop.reading.completeness.kind} ${shop.reading.endpoints.size}`);
      });
      await settle();
      expect(kinds).toEqual(["complete 2"]);
      expect(source.listing.value).toMatchObject({ kind: "seen", completeness: { kind: "complete" } });
      await source.close();
    });

    test("follows what is announced", async () => {
      const { source, settle, announce } = make(TWO);
      await settle();
      await announce(["10.0.0.2:80", "10.0.0.3:80"]);
      await settle();
      expect(idsOf(source)).toEqual(["10.0.0.2:80", "10.0.0.3:80"]);
      await source.close();
    });

    test("equal content keeps the reading, and one change keeps the other endpoints", async () => {
      const { source, settle, announce } = make(TWO);
      await settle();
      const before = readingOf(source);
      source.refresh();
      source.refresh(SHOP);
      await settle();
      expect(readingOf(source)).toBe(before);
      await announce([...TWO, "10.0.0.3:80"]);
      await settle();
      for (const [id, endpoint] of before.endpoints) expect(readingOf(source).endpoints.get(id)).toBe(endpoint);
      await source.close();
    });

    test("a failure empties nothing, shows since when and why, and ends without a trace", async () => {
      const { source, settle, breakWorld, mendWorld, clock } = make(TWO);
      await settle();
      if (breakWorld === undefined) return;
      const before = readingOf(source);
      const sizes = new Set<number>();
      source.services.watch((value) => {
        const shop = value.get(SHOP);
        sizes.add(shop === undefined || shop.kind === "pending" ? -1 : shop.reading.endpoints.size);
      });
      await breakWorld();
      await settle();
      const broken = source.services.value.get(SHOP);
      expect(broken).toMatchObject({ kind: "stale", cause: expect.stringMatching(/./) });
      expect(broken?.kind === "stale" && broken.sinceMs).toBeLessThanOrEqual(clock.wallMs());
      await mendWorld();
      await settle();
      expect(readingOf(source)).toBe(before);
      expect([...sizes]).toEqual([2]);
      await source.close();
    });

    test("an emptied announcement is a complete, empty reading", async () => {
      const { source, settle, announce } = make(TWO);
      await settle();
      await announce([]);
      await settle();
      expect(readingOf(source)).toMatchObject({ completeness: { kind: "complete" } });
      expect(idsOf(source)).toEqual([]);
      await source.close();
    });

    test("refresh reads without waiting to be told", async () => {
      const { source, settle } = make(TWO);
      await settle();
      expect(() => source.refresh(nameOf("unknown"))).not.toThrow();
      await settle();
      expect(idsOf(source)).toEqual(TWO);
      await source.close();
    });

    test("close releases every timer, at any moment, and twice is harmless", async () => {
      for (const breaking of [false, true]) {
        const { source, settle, clock, breakWorld } = make(TWO);
        await settle();
        if (breaking) await breakWorld?.();
        await source.close();
        await source.close();
        expect(clock.pendingCount).toBe(0);
      }
      const early = make(TWO);
      await early.source.close();
      await early.settle();
      expect(early.clock.pendingCount).toBe(0);
    });
  });
}

function readingOf(source: Source): Reading {
  const shop = source.services.value.get(SHOP);
  if (shop?.kind !== "seen") throw new Error(`shop is ${shop?.kind ?? "unknown"}`);
  return shop.reading;
}

function idsOf(source: Source): readonly string[] {
  return [...readingOf(source).endpoints.keys()].sort();
}
