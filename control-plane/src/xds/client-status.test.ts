import type { ClientStatusRequest__Output } from "@fairlead/proto";
import { describe, expect, test } from "vitest";
import { clientStatus } from "./client-status.js";
import { DEFAULT_LIMITS } from "./limits.js";
import { ScriptedStream } from "./testing/scripted-stream.js";
import { CDS, EDS, view } from "./testing/views.js";

/** Wall time at the start of the clock. */
const WALL_MS = 1_700_000_000_000;

type Matcher = ClientStatusRequest__Output["node_matchers"][number];

function ask(streams: readonly ScriptedStream[], request: Partial<ClientStatusRequest__Output> = {}, limits = DEFAULT_LIMITS) {
  const standings = streams.flatMap(({ machine }) => machine.standing ?? []);
  return clientStatus({ node_matchers: [], node: null, exclude_resource_contents: true, ...request }, standings, {
    ...limits,
    wallOf: (ms) => WALL_MS + ms,
  });
}

function configs(stream: ScriptedStream, request?: Partial<ClientStatusRequest__Output>) {
  const answer = ask([stream], request);
  if (!answer.ok) throw new Error(answer.error.details);
  return answer.value.config?.[0]?.generic_xds_configs ?? [];
}

function matcher(node_id: Partial<NonNullable<Matcher["node_id"]>>): Matcher {
  return { node_id: { ignore_case: false, ...node_id }, node_metadatas: [] };
}

describe("client status", () => {
  test("a resource is stale until it is answered, then synced, and not sent again once there is a newer one", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    const [first] = stream.sotw(EDS, ["a"]);
    expect(configs(stream)).toEqual([{ type_url: EDS, name: "a", version_info: "", config_status: "STALE", client_status: "REQUESTED" }]);
    stream.ack(first, ["a"]);
    expect(configs(stream)).toMatchObject([{ version_info: "1", config_status: "SYNCED", client_status: "ACKED" }]);
    stream.view(view({ eds: { a: "2" } }));
    expect(configs(stream)).toMatchObject([{ version_info: "1", config_status: "STALE", client_status: "ACKED" }]);
  });

  test("where it is known, says when the resource that the client has last changed", () => {
    const sets = view({ eds: { a: "1" } });
    const set = sets.types.get(EDS);
    const a = set?.resources.get("a");
    if (set === undefined || a === undefined) throw new Error("a view without a");
    const changed = { ...a, changes: [{ eventMs: 2_000, publishedMs: 2_250.5 }] };
    const timed = { ...sets, types: new Map([...sets.types, [EDS, { ...set, resources: new Map([["a", changed]]) }]]) };
    const stream = new ScriptedStream(timed);
    const [first] = stream.sotw(EDS, ["a"]);
    expect(configs(stream)[0]).not.toHaveProperty("last_updated");
    stream.ack(first, ["a"]);
    expect(configs(stream)[0]?.last_updated).toEqual({ seconds: 1_700_000_002, nanos: 250_500_000 });
  });

  test("a refused one is an error with its version and reason, beside the version that is in force", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), { variant: "delta" });
    stream.ack(stream.delta(EDS, { subscribe: ["a"] })[0]);
    stream.nack(stream.view(view({ eds: { a: "2" } }))[0]);
    expect(configs(stream)).toEqual([
      {
        type_url: EDS,
        name: "a",
        version_info: "1",
        config_status: "ERROR",
        client_status: "NACKED",
        error_state: { version_info: "2", details: "cannot use this" },
      },
    ]);
  });

  test("a name that does not exist is said to, and one the client brought along counts as accepted", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), { variant: "delta" });
    stream.delta(EDS, { subscribe: ["a", "x"], held: { a: "1" } });
    const byName = new Map(configs(stream).map((one) => [one.name, one]));
    expect(byName.get("a")).toMatchObject({ config_status: "SYNCED", client_status: "ACKED" });
    expect(byName.get("x")).toMatchObject({ config_status: "NOT_SENT", client_status: "DOES_NOT_EXIST" });
  });

  test("a wildcard shows what it covers, and contents only when they are wanted", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1", b: "1" } }));
    stream.ack(stream.sotw(CDS, [])[0]);
    expect(configs(stream).map(({ name }) => name)).toEqual(["a", "b"]);
    const contents = configs(stream, { exclude_resource_contents: false });
    expect(contents[0]).toMatchObject({ xds_config: { type_url: CDS, value: Buffer.from("a@1") } });
  });

  test.each([
    [{ exact: "node-1" }, 1],
    [{ exact: "NODE-1" }, 0],
    [{ exact: "NODE-1", ignore_case: true }, 1],
    [{ prefix: "node" }, 1],
    [{ suffix: "-2" }, 0],
    [{ contains: "de-" }, 1],
  ])("%j shows %i nodes", (node_id, expected) => {
    const stream = new ScriptedStream(view({}));
    stream.sotw(EDS, ["a"]);
    const answer = ask([stream], { node_matchers: [matcher(node_id)] });
    expect(answer.ok && answer.value.config).toHaveLength(expected);
  });

  test("refuses tests on metadata and expressions, instead of showing everybody", () => {
    const unknown = { node_matchers: [{ node_id: null, node_metadatas: [{}] }] };
    const expression = { node_matchers: [matcher({ safe_regex: { regex: "(a+)+" } })] };
    for (const request of [unknown, expression]) expect(ask([], request)).toMatchObject({ ok: false, error: { code: 3 } });
  });

  test("refuses to say more than fits, and says how to ask for less", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    stream.ack(stream.sotw(EDS, ["a"])[0], ["a"]);
    const many = Array.from({ length: 1_001 }, () => stream);
    expect(ask(many)).toMatchObject({ ok: false, error: { code: 8, details: expect.stringContaining("node_matchers") } });
    const small = { ...DEFAULT_LIMITS, responseBytes: 2 };
    const contents = ask([stream], { exclude_resource_contents: false }, small);
    expect(contents).toMatchObject({ ok: false, error: { details: expect.stringContaining("exclude_resource_contents") } });
  });
});
