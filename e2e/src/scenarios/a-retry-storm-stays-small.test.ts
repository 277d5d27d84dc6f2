import { expect, test } from "vitest";
import { type Backend, startBackend } from "../harness/backend.js";
import type { Behaviour } from "../harness/backend-protocol.js";
import { startLoad } from "../harness/http-load.js";
import { type MeshSidecar, QUICK_CHECK, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { until } from "../harness/until.js";

const PER_SECOND = 150;
const ENDPOINTS = 4;

interface Chain {
  readonly callee: Backend;
  readonly apps: readonly [Backend, Backend];
  /** The one the client calls. */
  readonly outer: MeshSidecar;
}

/** client → sidecar → first → sidecar → second → sidecar → callee, which has four addresses. */
async function startChain(): Promise<Chain> {
  const callee = await startBackend({ name: "callee", host: "0.0.0.0" });
  const first = await startBackend({ name: "first" });
  const second = await startBackend({ name: "second" });
  const calleeAddresses = Array.from({ length: ENDPOINTS }, (_, index) => ({ address: `127.0.0.${index + 1}:${callee.port}` }));
  const services = { callee: calleeAddresses, second: [{ address: second.address }], first: [{ address: first.address }] };
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services }],
    defaults: { check: QUICK_CHECK },
  });
  const [outer, middle, inner] = await Promise.all(
    ["first", "second", "callee"].map((service) => sidecarOf(controlPlane, [service], { id: `before-${service}` })),
  );
  if (outer === undefined || middle === undefined || inner === undefined) throw new Error("three sidecars were asked for");
  await first.behave({ kind: "call", port: middle.ports["second"] ?? 0 });
  await second.behave({ kind: "call", port: inner.ports["callee"] ?? 0 });
  await untilAllAnswer(outer, "first", ["first"]);
  return { callee, apps: [first, second], outer };
}

const HALF_UNAVAILABLE: Behaviour = { kind: "status", status: 503, share: 0.5 };
const HALF_RESET: Behaviour = { kind: "reset", share: 0.5 };

/** How often each request of the load has arrived. */
function arrivals(backend: Backend): readonly number[] {
  return [...backend.seen().byId].filter(([id]) => id.startsWith("storm-")).map(([, count]) => count);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

async function storm(chain: Chain, behaviour: Behaviour, requests: number) {
  await chain.callee.behave(behaviour);
  const load = startLoad({ port: chain.outer.ports["first"] ?? 0, perSecond: PER_SECOND, clients: 16, name: "storm" });
  await until(`${requests} requests to be sent`, () => load.report().sent >= requests, { timeoutMs: 120_000 });
  const { sent, ok, failures } = await load.stop();
  const arrived = arrivals(chain.callee);
  // Who calls whom: each application was asked once for each request; only the sidecar next to the failure tries again.
  for (const app of chain.apps) expect(arrivals(app)).toEqual(Array.from({ length: sent }, () => 1));
  expect(arrived).toHaveLength(sent);
  return { sent, ok, failures, arrived };
}

test("a callee three sidecars deep that answers half of its requests with 503 is asked once for each", async () => {
  const { sent, ok, failures, arrived } = await storm(await startChain(), HALF_UNAVAILABLE, 900);
  expect(sum(arrived)).toBe(sent);
  expect(ok).toBeGreaterThan(sent / 4);
  expect(failures.filter(({ reason }) => !reason.startsWith("503"))).toEqual([]);
});

test("a callee three sidecars deep that resets half of its connections is asked at most a quarter more than the client asks", async () => {
  // Two windows of the retry budget, so that what it grants at once at the beginning is little of it.
  const { sent, ok, failures, arrived } = await storm(await startChain(), HALF_RESET, 3_000);
  expect(sum(arrived) / sent).toBeLessThanOrEqual(1.25);
  // The budget is used, not shut.
  expect(sum(arrived) / sent).toBeGreaterThan(1.05);
  expect(Math.max(...arrived)).toBe(2);
  expect(ok).toBeGreaterThan(sent / 4);
  expect(failures.filter(({ reason }) => !reason.startsWith("502"))).toEqual([]);
});
