import type { EndpointId, ServiceName } from "@fairlead/shared";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dampedForMs, FLAP, FLAPS_MAX, FlapLedger } from "./flap-damping.js";

const SHOP = "shop" as ServiceName;
const idOf = (index: number) => `10.0.0.1:${index}` as EndpointId;

test("however often and fast it leaves, it is held for two half-lives at most", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60_000), { minLength: 1, maxLength: 50 }), fc.constantFrom(30_000, 90_000), (gaps, halfLifeMs) => {
      const ledger = new FlapLedger();
      let nowMs = 0;
      for (const gapMs of gaps) {
        nowMs += gapMs;
        const heldMs = ledger.departed(SHOP, idOf(1), { nowMs, halfLifeMs });
        expect(heldMs).toBeLessThanOrEqual(2 * halfLifeMs);
        expect(ledger.penalty(SHOP, idOf(1), nowMs)).toBeLessThanOrEqual(FLAP.ceiling);
      }
    }),
  );
});

test("two departures are none too many, a third at once is", () => {
  const ledger = new FlapLedger();
  const at = { nowMs: 0, halfLifeMs: 30_000 };
  expect([1, 2, 3].map(() => ledger.departed(SHOP, idOf(1), at))).toEqual([0, 0, dampedForMs(3_000, 30_000)]);
});

test("the ledger is bounded: the oldest go, and what had not faded is counted", () => {
  const ledger = new FlapLedger();
  for (let index = 0; index < FLAPS_MAX + 10; index++) ledger.departed(SHOP, idOf(index), { nowMs: 0, halfLifeMs: 30_000 });
  expect([ledger.size, ledger.forgotten]).toEqual([FLAPS_MAX, 10]);
  expect(ledger.penalty(SHOP, idOf(0), 0)).toBe(0);
  ledger.departed(SHOP, idOf(0), { nowMs: 3_600_000, halfLifeMs: 30_000 });
  expect([ledger.size, ledger.forgotten]).toEqual([1, 10]);
});
