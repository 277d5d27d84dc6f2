import type { ServiceName } from "@fairlead/shared";
import { expect, test } from "vitest";
import { endpointAt } from "../discovery/testing/fake-source.js";
import { serviceSnapshot } from "../snapshot/build.js";
import type { SnapshotEndpoint } from "../snapshot/index.js";
import { settingsWith } from "../snapshot/testing/settings.js";
import { outcomeOf } from "./endpoint-view.js";

const SHOP = "shop" as ServiceName;

function published(ports: readonly number[], awaiting: readonly number[], onRead = () => {}) {
  const endpoints = ports
    .map((port): SnapshotEndpoint => ({ endpoint: endpointAt(port), health: "healthy", sources: ["one"], sinceMs: 0 }))
    .sort((one, other) => (one.endpoint.id < other.endpoint.id ? -1 : 1));
  const waiting = awaiting.map((port) => endpointAt(port).id).sort();
  const service = serviceSnapshot(
    { name: SHOP, settings: settingsWith(), endpoints, awaiting: waiting, origin: { kind: "live" } },
    undefined,
  );
  const counted = service.endpoints.map((entry) => ({
    ...entry,
    get endpoint() {
      onRead();
      return entry.endpoint;
    },
  }));
  return { ...service, endpoints: counted };
}

function outcome(port: number, service: ReturnType<typeof published>): string {
  const registered = { endpoint: endpointAt(port), sources: ["one"], sinceMs: 0, hold: undefined };
  return outcomeOf({ service: "shop", registered, health: undefined, published: service }).outcome;
}

test("each published endpoint is found, first and last too, and one that awaits its check is out", () => {
  const ports = Array.from({ length: 37 }, (_, index) => index + 1);
  const service = published(ports, [50, 60]);
  expect(ports.map((port) => outcome(port, service))).toEqual(ports.map(() => "serving"));
  expect([50, 60, 99].map((port) => outcome(port, service))).toEqual(["out", "out", "out"]);
});

test("a view of a large service looks each endpoint up without reading all the others", () => {
  let reads = 0;
  const ports = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const service = published(ports, [], () => reads++);
  for (const port of ports) outcome(port, service);
  expect(reads).toBeLessThan(ports.length * 15);
});
