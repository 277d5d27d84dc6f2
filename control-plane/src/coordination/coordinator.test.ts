import { type EndpointId, KeyedCell, newMetrics, type ServiceName, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import { connectOver } from "../discovery/zookeeper/session.js";
import { FakeZooKeeper } from "../discovery/zookeeper/testing/fake-zookeeper.js";
import { floorInMemory } from "../discovery/zookeeper/testing/zookeeper-under-test.js";
import type { Opinion } from "../health/index.js";
import { Coordinator } from "./coordinator.js";

const SHOP = "shop" as ServiceName;
const idOf = (number: number) => `10.0.0.${number}:80` as EndpointId;
const ids = Array.from({ length: 20 }, (_, number) => idOf(number));

function opinionOf(status: Opinion["status"]): Opinion {
  const kind = status === "unhealthy" ? "silence" : undefined;
  return { status, because: `is ${status}`, sinceMs: 0, kind, last: undefined, disagreeing: 0, refusing: false };
}

function world() {
  const clock = new FakeClock();
  const server = new FakeZooKeeper(clock);
  const replica = (
    id: string,
    { run = id, muting = true, endpoints = ids }: { run?: string; muting?: boolean; endpoints?: EndpointId[] } = {},
  ) => {
    const log = new RecordedLog();
    const opinions = new KeyedCell<ServiceName, ReadonlyMap<EndpointId, Opinion>>();
    const probed: string[] = [];
    const say = (...bad: readonly number[]) => {
      const of = (endpoint: EndpointId) => opinionOf(bad.some((number) => idOf(number) === endpoint) ? "unhealthy" : "healthy");
      opinions.update([[SHOP, new Map(endpoints.map((endpoint) => [endpoint, of(endpoint)]))]]);
    };
    say();
    const coordinator = new Coordinator({
      settings: { servers: ["10.9.0.1:2181"], path: "/fairlead/health", zone: "z", sessionTimeoutMs: 30_000, muting },
      id,
      run,
      connect: connectOver({ clock, rng: seeded(1), log, openLink: server.openLink }),
      floor: floorInMemory(),
      clock,
      log,
      checks: { opinions, probeSoon: (_service, endpoint) => probed.push(endpoint) },
      metrics: newMetrics(),
    });
    const votes = (number: number) =>
      coordinator.votes.value
        .get(SHOP)
        ?.get(idOf(number))
        ?.map(({ checker, status }) => `${checker} ${status}`);
    const muted = (other: string) => coordinator.others.find((one) => one.id === other)?.muted?.because;
    return { coordinator, log, say, votes, muted, probed };
  };
  return { clock, server, replica };
}

/** Steps, so that beats keep their rhythm. */
function pass(clock: FakeClock, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) clock.advance(100);
}

describe("checkers that meet", () => {
  test("hear what each of them finds, look at it themselves, and forget who is gone", () => {
    const { clock, replica } = world();
    const [a, b, c] = [replica("a"), replica("b"), replica("c")];
    pass(clock, 5_000);
    expect(a.votes(1)).toEqual(["b healthy", "c healthy"]);
    b.say(1);
    pass(clock, 700);
    expect(a.votes(1)).toEqual(["b unhealthy", "c healthy"]);
    expect(a.probed).toEqual([idOf(1)]);
    expect(a.votes(2)).toEqual(["b healthy", "c healthy"]);
    b.coordinator.close();
    pass(clock, 2_100);
    expect(a.votes(1)).toEqual(["c healthy"]);
    expect(c.votes(1)).toEqual(["a healthy"]);
  });

  test("equal votes keep their reference", () => {
    const { clock, replica } = world();
    const [a, b] = [replica("a"), replica("b")];
    pass(clock, 5_000);
    const before = a.coordinator.votes.value.get(SHOP);
    pass(clock, 20_000);
    expect(a.coordinator.votes.value.get(SHOP)).toBe(before);
    b.say(1);
    pass(clock, 1_000);
    expect(a.coordinator.votes.value.get(SHOP)?.get(idOf(2))).toBe(before?.get(idOf(2)));
  });

  test("take silence for a word only from who means the same endpoints", () => {
    const { clock, replica } = world();
    const [a, b] = [replica("a"), replica("b", { endpoints: ids.slice(1) })];
    pass(clock, 5_000);
    b.say(3);
    pass(clock, 1_000);
    expect(a.votes(2)).toEqual([]);
    expect(a.votes(3)).toEqual(["b unhealthy"]);
  });

  test("name one whose session lives and that says nothing, and hear it again with its next beat", () => {
    const { clock, server, replica } = world();
    const a = replica("a");
    const silent = { id: "s", zone: "z", run: "s", startedMs: 1, words: {} };
    pass(clock, 3_000);
    server.create("/fairlead/health/checkers/s", JSON.stringify(silent));
    pass(clock, 5_000);
    expect(a.muted("s")).toBeUndefined();
    pass(clock, 5_000);
    expect(a.muted("s")).toContain("stalled");
    expect(a.log.count("checker-muted")).toBe(1);
    server.set("/fairlead/health/checkers/s", JSON.stringify(silent));
    pass(clock, 2_100);
    expect(a.muted("s")).toBeUndefined();
  });

  test("blame nobody for a pause of their own", () => {
    const { clock, replica } = world();
    const [a] = [replica("a"), replica("b")];
    pass(clock, 5_000);
    clock.advance(2_000);
    pass(clock, 2_000);
    expect(a.log.count("checker-muted")).toBe(0);
  });

  test("what is not understood, or too much, counts for nobody and is named", () => {
    const { clock, server, replica } = world();
    const a = replica("a");
    pass(clock, 3_000);
    server.create("/fairlead/health/checkers/old", "1");
    server.create("/fairlead/health/checkers/full", JSON.stringify({ id: "full", zone: "z", run: "r", startedMs: 1, tooMany: true }));
    pass(clock, 3_000);
    expect(a.muted("old")).toContain("not understood");
    expect(a.muted("full")).toContain("too many");
    expect(a.votes(1)).toBeUndefined();
  });

  test("two of one name: the second runs alone, and takes part when the first is gone", () => {
    const { clock, replica } = world();
    const first = replica("a", { run: "1" });
    const b = replica("b");
    pass(clock, 3_000);
    const second = replica("a", { run: "2" });
    pass(clock, 3_000);
    expect(second.coordinator.alone?.because).toContain("another control plane calls itself a");
    expect(second.votes(1)).toBeUndefined();
    expect(b.votes(1)).toEqual(["a healthy"]);
    first.coordinator.close();
    pass(clock, 5_000);
    expect(second.coordinator.alone).toBeUndefined();
    expect(second.votes(1)).toEqual(["b healthy"]);
  });
});

describe("without ZooKeeper", () => {
  test("each is alone, says so once, and meets the others again when it is back", () => {
    const { clock, server, replica } = world();
    const [a] = [replica("a"), replica("b")];
    pass(clock, 5_000);
    server.become("down");
    pass(clock, 60_000);
    expect(a.coordinator.alone).toBeDefined();
    expect(a.coordinator.votes.value.size).toBe(0);
    expect(a.log.count("coordination-lost")).toBe(1);
    server.become("serving");
    pass(clock, 15_000);
    expect(a.coordinator.alone).toBeUndefined();
    expect(a.votes(1)).toEqual(["b healthy"]);
  });

  test("a session that expired is replaced, and its znode with it", () => {
    const { clock, server, replica } = world();
    const [a, b] = [replica("a"), replica("b")];
    pass(clock, 5_000);
    server.expireSessions();
    pass(clock, 15_000);
    expect([a.votes(1), b.votes(1)]).toEqual([["b healthy"], ["a healthy"]]);
  });
});

describe("a broken checker", () => {
  const MANY = [1, 2, 3, 4, 5, 6];

  test("is muted by the others, knows that it is doubted, and is heard again when it agrees for a minute", () => {
    const { clock, replica } = world();
    const [a, b] = [replica("a"), replica("b"), replica("c")];
    pass(clock, 5_000);
    b.say(...MANY);
    pass(clock, 14_000);
    expect(a.muted("b")).toBe("it alone finds 6 of 20 endpoints unhealthy");
    expect(a.votes(1)).toEqual(["c healthy"]);
    expect(b.coordinator.self.doubted?.because).toContain("6 of 20");
    expect(b.log.count("own-checks-doubted")).toBe(1);
    b.say();
    pass(clock, 50_000);
    expect(a.muted("b")).toBeDefined();
    pass(clock, 15_000);
    expect(a.muted("b")).toBeUndefined();
    expect(b.coordinator.self.doubted).toBeUndefined();
  });

  test("is not one whose view another comes to share", () => {
    const { clock, replica } = world();
    const [a, b, c] = [replica("a"), replica("b"), replica("c")];
    pass(clock, 5_000);
    b.say(...MANY);
    pass(clock, 5_000);
    c.say(...MANY);
    pass(clock, 30_000);
    expect([a.muted("b"), a.muted("c")]).toEqual([undefined, undefined]);
    expect(a.votes(1)).toEqual(["b unhealthy", "c unhealthy"]);
  });

  test("keeps its vote where muting is off", () => {
    const { clock, replica } = world();
    const [a, b] = [replica("a", { muting: false }), replica("b"), replica("c")];
    pass(clock, 5_000);
    b.say(...MANY);
    pass(clock, 30_000);
    expect(a.muted("b")).toBeUndefined();
    expect(a.votes(1)).toEqual(["b unhealthy", "c healthy"]);
  });
});
