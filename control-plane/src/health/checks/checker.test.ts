import { describe, expect, test } from "vitest";
import { checkerUnderTest, nameOf, REFUSED, TCP } from "../testing/scripted-probe.js";

const ONE = "10.0.0.1:80";
const TWO = "10.0.0.2:80";

describe("the checker", () => {
  test("probes a new endpoint at once and takes it on its first pass", async () => {
    const { register, probe, health, pass } = checkerUnderTest();
    register("shop", [{}]);
    expect(probe.timesOf(ONE)).toEqual([0]);
    await pass(1, 1);
    expect(health("shop", ONE)).toMatchObject({ status: "healthy" });
  });

  test("a refused endpoint is out within a second of the first refused probe, a silent one within eight of its death", async () => {
    const { register, probe, health, pass, clock } = checkerUnderTest({ ...TCP, fall: 3 });
    register("shop", [{}, { ip: "10.0.0.2" }]);
    await pass(20_000);
    probe.behaviours.set(ONE, REFUSED);
    probe.behaviours.set(TWO, "silent");
    const diedMs = clock.nowMs();
    const refusedMs = () => probe.timesOf(ONE).find((ms) => ms >= diedMs) ?? Number.POSITIVE_INFINITY;
    while (health("shop", ONE)?.status === "healthy") await pass(10);
    expect(clock.nowMs() - refusedMs()).toBeLessThan(1_000);
    expect(health("shop", ONE)).toMatchObject({ status: "unhealthy", refusing: true });
    while (health("shop", TWO)?.status === "healthy") await pass(10);
    expect(clock.nowMs() - diedMs).toBeLessThanOrEqual(8_100);
    expect(health("shop", TWO)).toMatchObject({ status: "unhealthy", refusing: false });
  });

  test("says while it tells a verdict when the result for it came in", async () => {
    const { register, probe, health, pass, clock, checker } = checkerUnderTest();
    register("shop", [{}]);
    await pass(20_000);
    const told: (number | undefined)[] = [];
    checker.opinions.watch(() => told.push(checker.noticedMs(nameOf("shop"))));
    probe.behaviours.set(ONE, REFUSED);
    while (health("shop", ONE)?.status === "healthy") await pass(1);
    expect(told).toHaveLength(2);
    expect(told[1]).toBeGreaterThan(20_000);
    expect(told[1]).toBeLessThanOrEqual(clock.nowMs());
    expect(checker.noticedMs(nameOf("shop"))).toBeUndefined();
  });

  test("an endpoint that comes back needs rise passes at the fast interval", async () => {
    const { register, probe, health, pass, checker } = checkerUnderTest();
    register("shop", [{}]);
    await pass(1_000);
    probe.behaviours.set(ONE, REFUSED);
    await pass(6_000);
    expect(health("shop", ONE)?.refusing).toBe(true);
    probe.behaviours.delete(ONE);
    while (health("shop", ONE)?.refusing === true) await pass(10);
    expect(health("shop", ONE)?.status).toBe("unhealthy");
    await pass(1_020);
    expect(health("shop", ONE)?.status).toBe("healthy");
    expect(checker.detail(nameOf("shop"), [...(checker.opinions.value.get(nameOf("shop")) ?? new Map()).keys()][0])?.last?.outcome).toBe(
      "passed",
    );
  });

  test("tells of changed verdicts only, and keeps the reference of everything else", async () => {
    const { register, probe, checker, pass } = checkerUnderTest();
    register("shop", [{}, { ip: "10.0.0.2" }]);
    register("cart", [{ ip: "10.0.0.3" }]);
    await pass(100);
    const before = checker.opinions.value;
    let told: string[][] = [];
    checker.opinions.watch((_all, changed) => told.push([...changed]));
    told = [];
    await pass(20_000);
    expect(told).toEqual([]);
    expect(checker.opinions.value).toBe(before);
    probe.behaviours.set(ONE, REFUSED);
    await pass(10_000);
    expect(told).toEqual([["shop"]]);
    const [shop, shopBefore] = [checker.opinions.value, before].map((all) => [...(all.get(nameOf("shop")) ?? [])]);
    expect(shop?.find(([id]) => id === TWO)?.[1]).toBe(shopBefore?.find(([id]) => id === TWO)?.[1]);
    expect(checker.opinions.value.get(nameOf("cart"))).toBe(before.get(nameOf("cart")));
  });

  test("who leaves is probed no more, and an answer on its way is ignored", async () => {
    const { register, unregister, probe, checker, pass, log, clock } = checkerUnderTest();
    probe.behaviours.set(ONE, "by-hand");
    register("shop", [{}, { ip: "10.0.0.2" }]);
    await pass(10);
    register("shop", [{ ip: "10.0.0.2" }]);
    probe.byHand[0]?.(REFUSED);
    await pass(20_000);
    expect(probe.timesOf(ONE)).toHaveLength(1);
    expect([...(checker.opinions.value.get(nameOf("shop")) ?? new Map()).keys()]).toEqual([TWO]);
    expect(log.lines.filter((line) => line.fields["endpoint"] === ONE)).toEqual([]);
    unregister("shop");
    await pass(10);
    expect(checker.opinions.value.size).toBe(0);
    expect(clock.pendingCount).toBe(0);
  });

  test("a new instance behind the address starts afresh and is probed at once; a change of weight is nothing", async () => {
    const { register, probe, health, pass } = checkerUnderTest();
    register("shop", [{ instance: "a" }]);
    await pass(100);
    register("shop", [{ instance: "a", weight: 0 }]);
    await pass(10);
    expect(health("shop", ONE)?.status).toBe("healthy");
    expect(probe.timesOf(ONE)).toHaveLength(1);
    probe.behaviours.set(ONE, "by-hand");
    register("shop", [{ instance: "b" }]);
    await pass(10);
    expect(probe.timesOf(ONE)).toHaveLength(2);
    expect(health("shop", ONE)).toMatchObject({ status: "unknown", last: undefined });
  });

  test("an endpoint without weight, or draining, is checked like any other", async () => {
    const { register, probe } = checkerUnderTest();
    register("shop", [{ weight: 0 }, { ip: "10.0.0.2", draining: "disabled" }]);
    expect(probe.sent.map((one) => one.address)).toEqual([ONE, TWO]);
  });

  test("check: none sends nothing and says so, and a reload switches checks on and off", async () => {
    const { register, probe, health, pass, useCheck, clock } = checkerUnderTest({ type: "none" });
    register("shop", [{}]);
    await pass(10_000, 1_000);
    expect(probe.sent).toEqual([]);
    expect(health("shop", ONE)).toMatchObject({ status: "unknown", because: "no check configured" });
    useCheck(TCP);
    await pass(10);
    expect(health("shop", ONE)?.status).toBe("healthy");
    useCheck({ type: "none" });
    await pass(10);
    expect(health("shop", ONE)).toMatchObject({ status: "unknown", because: "no check configured" });
    expect(clock.pendingCount).toBe(0);
  });

  test("an address that no service has is not probed and says so, until its check allows it", async () => {
    const { register, probe, health, pass, useCheck } = checkerUnderTest();
    register("shop", [{ ip: "169.254.169.254" }, {}]);
    await pass(20_000);
    expect(probe.timesOf("169.254.169.254:80")).toEqual([]);
    expect(health("shop", "169.254.169.254:80")).toMatchObject({ status: "unknown" });
    expect(health("shop", "169.254.169.254:80")?.because).toContain("link-local");
    useCheck({ ...TCP, anyAddress: true });
    await pass(10);
    expect(health("shop", "169.254.169.254:80")?.status).toBe("healthy");
  });

  test("other settings keep the status, forget the counts and ignore what was under way", async () => {
    const { register, probe, health, pass, useCheck, log } = checkerUnderTest();
    register("shop", [{}]);
    await pass(10);
    probe.behaviours.set(ONE, "by-hand");
    while (probe.byHand.length === 0) await pass(10);
    useCheck({ ...TCP, intervalMs: 2_000, fall: 1 });
    probe.behaviours.delete(ONE);
    probe.byHand[0]?.({ outcome: "failed", detail: "by the old rules" });
    await pass(5_000);
    expect(health("shop", ONE)?.status).toBe("healthy");
    expect(log.count("endpoint-health")).toBe(1);
  });

  test("equal settings in a new object change nothing", async () => {
    const { register, probe, pass, useCheck } = checkerUnderTest();
    register("shop", [{}]);
    await pass(10);
    useCheck({ ...TCP });
    await pass(100);
    expect(probe.sent).toHaveLength(1);
  });

  test("a probe that could not be sent is counted and counts for nobody", async () => {
    const { register, probe, health, pass, metrics } = checkerUnderTest();
    register("shop", [{}]);
    probe.behaviours.set(TWO, { outcome: "not-sent", detail: "EMFILE" });
    await pass(10);
    probe.behaviours.set(ONE, { outcome: "not-sent", detail: "EMFILE" });
    register("shop", [{}, { ip: "10.0.0.2" }]);
    await pass(30_000, 100);
    expect(health("shop", ONE)?.status).toBe("healthy");
    expect(health("shop", TWO)).toMatchObject({ status: "unknown", because: "the probe could not be sent: EMFILE" });
    expect(await metrics.expose()).toMatch(/fairlead_health_probes_starved_total [1-9]/);
  });

  test("what was known expires when no probe gets through any more, and is known again by the first that does", async () => {
    const { register, probe, health, pass } = checkerUnderTest();
    register("shop", [{}]);
    probe.behaviours.set(ONE, REFUSED);
    await pass(10_000);
    expect(health("shop", ONE)?.refusing).toBe(true);
    probe.behaviours.set(ONE, { outcome: "not-sent", detail: "EMFILE" });
    await pass(55_000, 100);
    expect(health("shop", ONE)?.status).toBe("unhealthy");
    await pass(10_000, 100);
    expect(health("shop", ONE)).toMatchObject({ status: "unknown", refusing: false });
    expect(health("shop", ONE)?.because).toContain("could not be sent");
    probe.behaviours.delete(ONE);
    await pass(6_000, 100);
    expect(health("shop", ONE)?.status).toBe("healthy");
  });

  test("a time-out that our own stalled loop reports late is discarded; one on time counts", async () => {
    const { register, probe, health, pass, clock, metrics } = checkerUnderTest({ ...TCP, fall: 1 });
    register("shop", [{}]);
    await pass(10);
    probe.behaviours.set(ONE, "by-hand");
    while (probe.byHand.length === 0) await pass(10);
    clock.advance(2_001);
    probe.byHand[0]?.({ outcome: "timeout", detail: "no answer within 1000 ms" });
    await pass(10);
    expect(health("shop", ONE)?.status).toBe("healthy");
    expect(await metrics.expose()).toContain("fairlead_health_probes_starved_total 1");
    while (probe.byHand.length === 1) await pass(10);
    clock.advance(1_000);
    probe.byHand[1]?.({ outcome: "timeout", detail: "no answer within 1000 ms" });
    await pass(10);
    expect(health("shop", ONE)?.status).toBe("unhealthy");
  });

  test("at most 256 probes are under way, everybody gets a turn, and a wait is no failure", async () => {
    const { register, probe, checker, pass } = checkerUnderTest();
    const hosts = Array.from({ length: 600 }, (_, host) => ({ ip: `10.1.${host >> 8}.${host & 255}` }));
    for (const { ip } of hosts) probe.behaviours.set(`${ip}:80`, "by-hand");
    register("shop", hosts);
    expect(probe.sent).toHaveLength(256);
    await pass(10_000, 1_000);
    while (probe.byHand.length > 0) {
      for (const answer of probe.byHand.splice(0)) answer({ outcome: "passed", detail: "at last" });
      await pass(1, 1);
      if (new Set(probe.sent.map((one) => one.address)).size === 600 && probe.underWay === 0) break;
    }
    expect(probe.mostUnderWay).toBe(256);
    await pass(1, 1);
    const verdicts = [...(checker.opinions.value.get(nameOf("shop")) ?? new Map()).values()];
    expect(verdicts.filter((one) => one.status === "healthy")).toHaveLength(600);
  });

  test("a repeated refusal goes before the probes that wait", async () => {
    const { register, probe, health, pass } = checkerUnderTest();
    register("cart", [{ ip: "10.2.0.1" }]);
    await pass(10);
    const hosts = Array.from({ length: 400 }, (_, host) => ({ ip: `10.1.${host >> 8}.${host & 255}` }));
    for (const { ip } of hosts.slice(0, 255)) probe.behaviours.set(`${ip}:80`, "by-hand");
    for (const { ip } of hosts.slice(255)) probe.behaviours.set(`${ip}:80`, "silent");
    register("shop", hosts);
    probe.behaviours.set("10.2.0.1:80", REFUSED);
    // One slot turns over once a second, and 145 silent probes want it.
    while (health("cart", "10.2.0.1:80")?.refusing !== true && probe.sent.length < 420) await pass(100, 100);
    const refused = probe.timesOf("10.2.0.1:80").slice(1);
    expect((refused[1] ?? Number.POSITIVE_INFINITY) - (refused[0] ?? 0)).toBeLessThan(1_300);
  });

  test("logs each change of status once, and shows how many endpoints are how", async () => {
    const { register, probe, pass, log, metrics } = checkerUnderTest();
    register("shop", [{}, { ip: "10.0.0.2" }]);
    await pass(100);
    probe.behaviours.set(ONE, REFUSED);
    await pass(20_000);
    expect(log.lines.map((line) => [line.level, line.fields["endpoint"], line.fields["to"]])).toEqual([
      ["info", ONE, "healthy"],
      ["info", TWO, "healthy"],
      ["warn", ONE, "unhealthy"],
    ]);
    const text = await metrics.expose();
    expect(text).toContain('fairlead_health_endpoints{status="healthy"} 1');
    expect(text).toContain('fairlead_health_endpoints{status="unhealthy"} 1');
    expect(text).toMatch(/fairlead_health_checks_total\{result="refused"\} [2-9]/);
  });

  test("probes before its turn when asked, once in a fast interval, and the rhythm goes on", async () => {
    const { register, probe, pass, checker } = checkerUnderTest();
    register("shop", [{}]);
    await pass(2_000);
    const before = probe.sent.length;
    const [id] = [...(checker.opinions.value.get(nameOf("shop")) ?? new Map()).keys()];
    for (let ask = 0; ask < 5; ask++) checker.probeSoon(nameOf("shop"), id);
    await pass(10);
    for (let ask = 0; ask < 5; ask++) checker.probeSoon(nameOf("shop"), id);
    await pass(10);
    expect(probe.sent.length).toBe(before + 1);
    await pass(5_000);
    expect(probe.sent.length).toBe(before + 2);
  });

  test("close stops everything", async () => {
    const { register, probe, pass, checker, clock } = checkerUnderTest();
    probe.behaviours.set(ONE, "by-hand");
    register("shop", [{}, { ip: "10.0.0.2" }]);
    await pass(10);
    void checker.close();
    void checker.close();
    probe.byHand[0]?.(REFUSED);
    register("shop", [{ ip: "10.0.0.3" }]);
    await pass(10_000, 1_000);
    expect(clock.pendingCount).toBe(0);
    expect(probe.sent).toHaveLength(2);
  });
});
