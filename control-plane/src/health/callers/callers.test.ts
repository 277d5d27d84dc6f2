import { KeyedCell, newMetrics, type Rng, type ServiceName, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RegisteredService } from "../../registry/index.js";
import { nameOf, registered } from "../testing/scripted-probe.js";
import { Callers } from "./callers.js";

const SHOP = nameOf("shop");
const REPORT_MS = 5_000;

/** How the endpoints of `fleet` do: the share of requests that fail and how long one takes, for this caller. */
type Doing = (caller: number, endpoint: number) => { readonly fails?: number; readonly ms?: number };

function fleet({ endpoints, callers, zones = 1 }: { readonly endpoints: number; readonly callers: number; readonly zones?: number }) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const services = new KeyedCell<ServiceName, RegisteredService>();
  const register = (count: number) =>
    services.update([
      [
        SHOP,
        registered(
          "shop",
          Array.from({ length: count }, (_, at) => ({ ip: `10.0.0.${at}`, zone: `z${at % zones}` })),
          services.value.get(SHOP),
        ),
      ],
    ]);
  register(endpoints);
  const metrics = newMetrics();
  const evidence = new Callers({ services, clock, log, metrics });
  const rng = seeded(11);
  const report = (caller: number, doing: Doing, perSecond: number) => {
    const loads = Array.from({ length: endpoints }, (_, at) => {
      const { fails = 0, ms = 10 } = doing(caller, at);
      const requests = perSecond * (REPORT_MS / 1_000);
      const failed = binomial(rng, requests, fails);
      return { endpoint: `10.0.0.${at}:80`, succeeded: requests - failed, failed, medianMs: ms * (0.9 + 0.2 * rng.next()) };
    });
    evidence.reported({ identity: `caller-${caller}`, zone: `z${caller % zones}` }, SHOP, loads);
  };
  /** Lets time go on; every caller reports once in `REPORT_MS`, each at its own time. */
  const run = (ms: number, doing: Doing, { loud = () => 1 }: { readonly loud?: (caller: number) => number } = {}) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      for (let caller = 0; caller < callers; caller++) if (caller % 5 === (clock.nowMs() / 1_000) % 5) report(caller, doing, loud(caller));
      clock.advance(1_000);
    }
  };
  const view = () => evidence.services.value.get(SHOP);
  const finding = (endpoint: number) => [...(view()?.endpoints ?? [])].find(([id]) => id === `10.0.0.${endpoint}:80`)?.[1];
  return { clock, log, metrics, evidence, register, run, view, finding };
}

function binomial(rng: Rng, count: number, share: number): number {
  let hits = 0;
  for (let one = 0; one < count; one++) if (rng.next() < share) hits += 1;
  return hits;
}

const ONE_IN_THREE: Doing = (_caller, endpoint) => ({ fails: endpoint === 3 ? 0.3 : 0.01 });

describe("errors", () => {
  test("of one endpoint, with most of its callers, cost it its weight step by step, and it gets it back", () => {
    const { run, finding, view, clock } = fleet({ endpoints: 10, callers: 50 });
    run(20_000, () => ({ fails: 0.01 }));
    expect(view()).toBeUndefined();
    const startMs = clock.nowMs();
    while (finding(3)?.share !== 0.05) run(1_000, ONE_IN_THREE);
    expect(clock.nowMs() - startMs).toBeLessThanOrEqual(10_000);
    expect(finding(3)).toMatchObject({ kind: "errors", agreement: "most" });
    expect(finding(3)?.because).toMatch(
      /% of its last \d+ requests failed, .* more than its 50 callers have elsewhere; most of them agree/,
    );
    expect(view()?.endpoints.size).toBe(1);
    run(25_000, () => ({ fails: 0.01 }));
    expect(view()).toBeUndefined();
  });

  test("a third of the callers that lie about one endpoint get it looked at, and no more", () => {
    const { run, finding, evidence } = fleet({ endpoints: 10, callers: 30 });
    run(10_000, () => ({ fails: 0.01 }));
    const shares = new Set<number | undefined>();
    for (let second = 0; second < 40; second++) {
      run(1_000, (caller, endpoint) => ({ fails: caller % 10 < 3 && endpoint === 3 ? 1 : 0.01 }));
      expect(finding(3)?.agreement).not.toBe("most");
      shares.add(finding(3)?.share);
    }
    expect([...shares].every((share) => share === undefined || share === 0.5)).toBe(true);
    expect(evidence.doubted.value.map(({ kind }) => kind)).toEqual(Array.from({ length: 9 }, () => "contradicted"));
    expect(finding(3)).toBeUndefined();
  });

  test("a caller that fails everywhere, ten times as loud as the others, says nothing about anybody, and is named once", () => {
    const { run, view, evidence, log, clock } = fleet({ endpoints: 10, callers: 20 });
    run(30_000, (caller) => ({ fails: caller === 7 ? 1 : 0.01 }), { loud: (caller) => (caller === 7 ? 10 : 1) });
    expect(view()).toBeUndefined();
    expect(evidence.doubted.value).toMatchObject([{ service: "shop", caller: "caller-7", kind: "fails-everywhere" }]);
    expect(log.count("caller-doubted")).toBe(1);
    run(30_000, () => ({ fails: 0.01 }));
    expect(evidence.doubted.value).toEqual([]);
    expect(clock.nowMs()).toBe(60_000);
  });

  test("of everybody with everybody blame nobody, and are named", () => {
    const { run, view, log } = fleet({ endpoints: 10, callers: 20 });
    run(10_000, () => ({ fails: 0.01 }));
    run(20_000, () => ({ fails: 0.6 }));
    expect(view()?.endpoints.size).toBe(0);
    expect(view()?.fleetWide?.because).toMatch(/of all requests fail, at 10 of 10 endpoints/);
    expect(log.count("callers-in-trouble-everywhere")).toBe(1);
    run(20_000, () => ({ fails: 0.01 }));
    expect(view()).toBeUndefined();
  });

  test("on one path between two zones are the path's", () => {
    const { run, view, finding } = fleet({ endpoints: 12, callers: 20, zones: 2 });
    run(20_000, (caller, endpoint) => ({ fails: caller % 2 === 0 && endpoint % 2 === 1 ? 0.8 : 0.01 }));
    expect(view()?.zonePairs).toMatchObject([{ from: "z0", to: "z1" }]);
    expect(Array.from({ length: 12 }, (_, at) => finding(at)?.agreement)).not.toContain("most");
    run(10_000, (caller, endpoint) => ({ fails: caller % 2 === 0 && endpoint % 2 === 1 ? 0.8 : 0.01 }));
    expect(view()?.endpoints.size).toBe(0);
  });

  test("of two of nine that fail wholly are found in both", () => {
    const { run, finding } = fleet({ endpoints: 9, callers: 20 });
    run(15_000, (_caller, endpoint) => ({ fails: endpoint < 2 ? 1 : 0.01 }));
    expect([0, 1, 2].map((at) => finding(at)?.agreement)).toEqual(["most", "most", undefined]);
  });

  test("with fewer than five callers nobody is sure", () => {
    const { run, finding } = fleet({ endpoints: 6, callers: 4 });
    run(30_000, (_caller, endpoint) => ({ fails: endpoint === 3 ? 1 : 0 }));
    expect(finding(3)).toMatchObject({ agreement: "some", share: 0.5 });
  });
});

describe("slowness", () => {
  test("costs weight by how slow it is, and nothing where nobody would notice it", () => {
    const { run, finding, view } = fleet({ endpoints: 10, callers: 10 });
    run(10_000, (_caller, endpoint) => ({ ms: endpoint === 3 ? 50 : 10 }));
    expect(finding(3)).toMatchObject({ kind: "latency", share: 0.25 });
    run(15_000, () => ({ ms: 10 }));
    expect(view()).toBeUndefined();
    run(10_000, (_caller, endpoint) => ({ ms: endpoint === 3 ? 1 : 0.2 }));
    expect(view()).toBeUndefined();
  });

  test("of a caller's own is nobody else's", () => {
    const { run, view } = fleet({ endpoints: 10, callers: 10 });
    run(20_000, (caller) => ({ ms: caller < 4 ? 200 : 10 }));
    expect(view()).toBeUndefined();
  });
});

test("evidence that stopped is forgotten, and so is an endpoint that left", async () => {
  const { run, finding, clock, view, evidence, register, metrics } = fleet({ endpoints: 10, callers: 20 });
  run(15_000, ONE_IN_THREE);
  expect(finding(3)?.agreement).toBe("most");
  register(3);
  clock.advance(1_000);
  expect(finding(3)?.share).not.toBe(0.05);
  for (let second = 0; second < 40; second++) clock.advance(1_000);
  expect(view()).toBeUndefined();
  expect(clock.pendingCount).toBe(0);
  expect(await metrics.expose()).toContain("fairlead_health_caller_pairs 0");
  evidence.close();
});

test("one caller, whatever it reports, is never most", () => {
  const load = fc.record({
    endpoint: fc.nat(9),
    succeeded: fc.nat(1_000),
    failed: fc.nat(100_000),
    medianMs: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(load, { maxLength: 10 }), { minLength: 1, maxLength: 20 }), (reports) => {
      const { evidence, run, view } = fleet({ endpoints: 10, callers: 10 });
      for (const loads of reports) {
        evidence.reported(
          { identity: "liar", zone: "z0" },
          SHOP,
          loads.map(({ endpoint, ...rest }) => ({ endpoint: `10.0.0.${endpoint}:80`, ...rest })),
        );
        run(1_000, () => ({ fails: 0 }));
        expect([...(view()?.endpoints.values() ?? [])].filter(({ kind, agreement }) => kind === "errors" && agreement === "most")).toEqual(
          [],
        );
      }
    }),
    { numRuns: 30 },
  );
});
