import { KeyedCell, newMetrics, type ServiceName, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import type { CheckSettings, HttpCheckSettings, Safety } from "../../config/index.js";
import { Records } from "../../records/index.js";
import type { RegisteredService } from "../../registry/index.js";
import { nameOf, registered, settled, TCP } from "../testing/scripted-probe.js";
import { ChangedChecks } from "./changed-checks.js";
import { newChecker } from "./checker.js";
import type { Probe } from "./probe.js";

const SHOP = nameOf("shop");
const GOOD: HttpCheckSettings = { ...TCP, type: "http", path: "/ok", status: { from: 200, to: 299 } };
const WRONG: HttpCheckSettings = { ...GOOD, path: "/wrong" };

/** Endpoints that answer every path well but /wrong; those in `ill` answer none well, and accept connections. */
function plane(size: number, { safety = "standard", initial = GOOD }: { readonly safety?: Safety; readonly initial?: CheckSettings } = {}) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const records = new Records(clock);
  const services = new KeyedCell<ServiceName, RegisteredService>();
  const ill = new Set<string>();
  const sent: { readonly path: string; readonly atMs: number }[] = [];
  const probe: Probe = {
    send: ({ ip, check }) => {
      const path = check.type === "http" ? check.path : "tcp";
      sent.push({ path, atMs: clock.nowMs() });
      const isIll = path === "/wrong" || (path !== "tcp" && ill.has(ip));
      return Promise.resolve(
        isIll ? { outcome: "failed" as const, detail: "status 404" } : { outcome: "passed" as const, detail: "status 200" },
      );
    },
  };
  let check: CheckSettings = initial;
  const around = { services, probe, clock, rng: seeded(3), log, metrics: newMetrics() };
  const changed = new ChangedChecks({
    ...around,
    confirmations: records.confirmations,
    settingsOf: () => ({ check, safety }),
    opinionsOf: (service) => checker.opinions.value.get(service),
  });
  const checker = newChecker({ ...around, metrics: newMetrics(), checks: changed.inForce });
  const register = (count: number) =>
    services.update([
      [
        SHOP,
        registered(
          "shop",
          Array.from({ length: count }, (_, at) => ({ ip: `10.0.0.${at + 1}` })),
          services.value.get(SHOP),
        ),
      ],
    ]);
  register(size);
  const pass = async (ms: number) => {
    await settled();
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await settled();
    }
  };
  return {
    ...{ clock, log, records, ill, sent, changed, checker, register, pass },
    use: (next: CheckSettings) => {
      check = next;
      changed.configure();
    },
    change: () => changed.changes.get(SHOP),
    deciding: () => changed.inForce.value(SHOP),
    statuses: () => [...(checker.opinions.value.get(SHOP)?.values() ?? [])].map(({ status }) => status),
  };
}

const WELL = (count: number) => Array.from({ length: count }, () => "healthy");

describe("a changed check", () => {
  test("that finds the same decides after two intervals, and the old one until then", async () => {
    const { use, pass, change, deciding, statuses } = plane(6);
    await pass(10_000);
    const other = { ...GOOD, path: "/other" };
    use(other);
    expect(deciding()).toEqual(GOOD);
    expect(change()).toMatchObject({ held: false, wouldTakeOut: 0 });
    await pass(9_000);
    expect(deciding()).toEqual(GOOD);
    await pass(2_000);
    expect(deciding()).toEqual(other);
    expect(change()).toBeUndefined();
    expect(statuses()).toEqual(WELL(6));
  });

  test("that would take out many is held with who they are, logged once, and ends when the configuration is mended", async () => {
    const { use, pass, change, deciding, statuses, log, sent, clock } = plane(6);
    await pass(10_000);
    use(WRONG);
    await pass(60_000);
    expect(statuses()).toEqual(WELL(6));
    expect(deciding()).toEqual(GOOD);
    expect(change()).toMatchObject({ held: true, wouldTakeOut: 6, of: 6 });
    expect(log.count("check-change-held")).toBe(1);
    expect(log.count("endpoint-health")).toBe(6);
    use({ ...GOOD });
    expect(change()).toBeUndefined();
    const endedMs = clock.nowMs();
    await pass(20_000);
    expect(sent.filter(({ path, atMs }) => path === "/wrong" && atMs > endedMs)).toEqual([]);
  });

  test("that is held lets go by itself when the endpoints are as it wants them", async () => {
    const { use, pass, deciding, ill, change } = plane(6, { initial: TCP });
    await pass(10_000);
    for (const host of [1, 2, 3]) ill.add(`10.0.0.${host}`);
    const next = { ...GOOD, fall: 1, rise: 1 };
    use(next);
    await pass(30_000);
    expect(change()).toMatchObject({ held: true, wouldTakeOut: 3 });
    expect(deciding()).toEqual(TCP);
    ill.clear();
    await pass(10_000);
    expect(change()).toBeUndefined();
    expect(deciding()).toEqual(next);
  });

  test("that would take out as many as may leave decides", async () => {
    const { use, pass, deciding, ill } = plane(6, { initial: { ...GOOD, intervalMs: 3_600_000 } });
    await pass(1_000);
    ill.add("10.0.0.1");
    use({ ...GOOD, fall: 1 });
    await pass(12_000);
    expect(deciding()).toMatchObject({ intervalMs: 5_000 });
  });

  test("decides when an operator confirms the service", async () => {
    const { use, pass, deciding, records } = plane(6);
    await pass(10_000);
    use(WRONG);
    await pass(20_000);
    records.confirm(SHOP, { author: "ops", reason: "meant" });
    expect(deciding()).toEqual(WRONG);
  });

  test("decides at once where it says now, where safety is off, and from or to no check", async () => {
    const { use, pass, deciding } = plane(6);
    await pass(10_000);
    use({ ...WRONG, now: true });
    expect(deciding()).toMatchObject({ path: "/wrong" });
    use({ type: "none" });
    expect(deciding()).toEqual({ type: "none" });
    use(GOOD);
    expect(deciding()).toEqual(GOOD);
    const off = plane(6, { safety: "off" });
    await off.pass(10_000);
    off.use(WRONG);
    await off.pass(12_000);
    expect(off.deciding()).toEqual(WRONG);
  });

  test("that is changed again is tried anew, with whoever comes meanwhile", async () => {
    const { use, pass, change, register, deciding } = plane(6);
    await pass(10_000);
    use(WRONG);
    await pass(20_000);
    const other = { ...GOOD, path: "/other" };
    use(other);
    expect(change()).toMatchObject({ held: false });
    register(8);
    await pass(12_000);
    expect(deciding()).toEqual(other);
  });

  test("of a service that goes ends with it", async () => {
    const { use, pass, changed, clock, checker } = plane(6);
    await pass(10_000);
    use(WRONG);
    await pass(1_000);
    await changed.close();
    void checker.close();
    expect(clock.pendingCount).toBe(0);
  });
});
