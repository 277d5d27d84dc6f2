import { encode } from "@fairlead/proto";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "./limits.js";
import { refusedFromDetails, refusedToDetails } from "./nack-details.js";
import { NARROWING_TRIES } from "./narrowing.js";
import { readDeltaRequest, readSotwRequest } from "./stream-request.js";
import { ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, view } from "./testing/views.js";

const resources = (seen: readonly Seen[]) => seen.map((response) => response.resources);
const delta = { variant: "delta" } as const;

describe("a NACK", () => {
  test.each(["sotw", "delta"] as const)("D5: what was refused is not sent again until its version changes (%s)", (variant) => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), { variant });
    const ask = () => (variant === "sotw" ? stream.sotw(EDS, ["a"]) : stream.delta(EDS, { subscribe: ["a"] }));
    const [first] = ask();
    expect(stream.nack(first, ["a"])).toEqual([]);
    expect(stream.view(view({ eds: { a: "1", other: "1" } }))).toEqual([]);
    expect(resources(stream.view(view({ eds: { a: "2", other: "1" } })))).toEqual([["a@2"]]);
  });

  test("D5: subscribing again does not bring a refused version back, a new stream does", () => {
    const sets = view({ eds: { a: "1" } });
    const stream = new ScriptedStream(sets, delta);
    stream.nack(stream.delta(EDS, { subscribe: ["a"] })[0]);
    expect(stream.delta(EDS, { subscribe: ["a"] })).toEqual([]);
    expect(resources(new ScriptedStream(sets, delta).delta(EDS, { subscribe: ["a"] }))).toEqual([["a@1"]]);
  });

  test("D5: the resources our sidecar does not name are accepted, and the named ones alone wait", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "1" } }), delta);
    const [first] = stream.delta(EDS, { subscribe: ["a", "b"] });
    stream.nack(first, [], { reason: "b: no endpoints list", resources: ["b"] });
    expect(resources(stream.view(view({ eds: { a: "1", b: "2" } })))).toEqual([["b@2"]]);
    expect(stream.nacks).toEqual([{ nonce: first?.nonce, reason: "b: no endpoints list", resources: ["b"] }]);
  });

  test("D5: of a client that names nothing only what it did not have before is suspected", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1", b: "1" } }));
    stream.ack(stream.sotw(CDS, [])[0], []);
    const [second] = stream.view(view({ cds: { a: "1", b: "bad" } }));
    expect(stream.nack(second, [])).toEqual([]);
    // The refused version is left at home, and the last good one stands in: leaving b out would delete it.
    const [third] = stream.view(view({ cds: { a: "2", b: "bad" } }));
    expect(third?.resources).toEqual(["a@2", "b@1"]);
    expect(stream.ack(third, [])).toEqual([]);
    expect(stream.view(view({ cds: { a: "2", b: "bad" }, eds: { a: "1" } }))).toEqual([]);
    expect(resources(stream.view(view({ cds: { a: "2", b: "good" } })))).toEqual([["a@2", "b@good"]]);
  });

  test("D5: where several changed and the client does not say which is bad, a full state is asked about with the others as they were", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1", b: "1", c: "1" } }));
    stream.ack(stream.sotw(CDS, [])[0], []);
    const [one] = stream.nack(stream.view(view({ cds: { a: "2", b: "bad", c: "1" } }))[0], []);
    expect(one?.resources).toEqual(["a@2", "b@1", "c@1"]);
    const [two] = stream.ack(one, []);
    expect(two?.resources).toEqual(["a@2", "b@bad", "c@1"]);
    expect(stream.nack(two, [])).toEqual([]);
    expect(stream.nacks.at(-1)?.resources).toEqual(["b"]);
    expect(resources(stream.view(view({ cds: { a: "2", b: "bad", c: "2" } })))).toEqual([["a@2", "b@1", "c@2"]]);
  });

  test("D5: the one bad resource among many is found by halves, and the good ones are in force meanwhile", () => {
    const names = Array.from({ length: 64 }, (_, index) => `n${index}`);
    const versions = Object.fromEntries(names.map((name) => [name, name === "n37" ? "bad" : "1"]));
    const stream = new ScriptedStream(view({ eds: versions }), delta);
    let [response] = stream.delta(EDS, { subscribe: names });
    let tries = 0;
    const accepted = new Set<string>();
    for (; response !== undefined; tries++) {
      const isBad = response.resources.includes("n37@bad");
      if (!isBad) for (const resource of response.resources) accepted.add(resource);
      [response] = isBad ? stream.nack(response) : stream.ack(response);
    }
    expect(tries - 1).toBeLessThanOrEqual(NARROWING_TRIES);
    expect(stream.nacks.at(-1)?.resources).toEqual(["n37"]);
    expect(accepted.size).toBe(63);
  });

  test("D5: a client that refuses everything is asked eight times, and again only when something changes", () => {
    const names = Array.from({ length: 64 }, (_, index) => `n${index}`);
    const stream = new ScriptedStream(view({ eds: Object.fromEntries(names.map((name) => [name, "1"])) }), delta);
    const refuseAll = (first: Seen | undefined) => {
      let count = 0;
      for (let response = first; response !== undefined; count++) [response] = stream.nack(response);
      return count;
    };
    expect(refuseAll(stream.delta(EDS, { subscribe: names })[0])).toBe(1 + NARROWING_TRIES);
    expect(stream.view(view({ eds: Object.fromEntries(names.map((name) => [name, "1"])), cds: { a: "1" } }))).toEqual([]);
  });

  test("D5: what changed or is not wanted any more is not asked about", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1", b: "bad" } }), delta);
    const [question] = stream.nack(stream.delta(EDS, { subscribe: ["a", "b"] })[0]);
    expect(question?.resources).toEqual(["a@1"]);
    stream.delta(EDS, { unsubscribe: ["b"] });
    expect(stream.ack(question)).toEqual([]);
  });

  test("R12: a Cluster list whose very first response was refused stays whole", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1", b: "bad" } }));
    expect(stream.nack(stream.sotw(CDS, [])[0], [])).toEqual([]);
    const [second] = stream.view(view({ cds: { a: "2", b: "bad" } }));
    expect(second?.resources).toEqual(["a@2", "b@bad"]);
    expect(stream.nack(second, [])).toEqual([]);
  });

  test("a version the client has kept is not sent when the refused one is taken back", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }), delta);
    stream.ack(stream.delta(EDS, { subscribe: ["a"] })[0]);
    stream.nack(stream.view(view({ eds: { a: "2" } }))[0]);
    expect(stream.view(view({ eds: { a: "2", b: "1" } }))).toEqual([]);
    expect(stream.view(view({ eds: { a: "1", b: "1" } }))).toEqual([]);
  });

  test("one stream's NACK holds nothing back from another", () => {
    const before = view({ eds: { a: "1" } });
    const [one, other] = [new ScriptedStream(before), new ScriptedStream(before)];
    one.nack(one.sotw(EDS, ["a"])[0], ["a"]);
    expect(resources(other.sotw(EDS, ["a"]))).toEqual([["a@1"]]);
  });

  test("R20: a NACK of a removal is over with it", () => {
    const stream = new ScriptedStream(view({}), delta);
    expect(stream.nack(stream.delta(EDS, { subscribe: ["a"] })[0])).toEqual([]);
    expect(resources(stream.view(view({ eds: { a: "1" } })))).toEqual([["a@1"]]);
  });
});

describe("error_detail", () => {
  const status = (message: string, details: readonly { type_url: string; value: Buffer }[] = []) => ({
    code: 3,
    message,
    details: [...details],
  });
  const request = { version_info: "", node: null, resource_names: [], type_url: EDS, response_nonce: "n" };

  test("names refused resources, each once, and other details are ignored", () => {
    const details = [
      ...refusedToDetails([
        { name: "a", reason: "first" },
        { name: "a", reason: "second" },
        { name: "", reason: "nameless" },
      ]),
      { type_url: "type.googleapis.com/google.rpc.Status", value: encode("google.rpc.Status", { message: "x" }) },
      { type_url: "type.googleapis.com/envoy.service.discovery.v3.ResourceError", value: Buffer.from([255]) },
    ];
    expect(refusedFromDetails(details, 10)).toEqual([{ name: "a", reason: "second" }]);
  });

  test("names no more resources than the limit", () => {
    const details = refusedToDetails([0, 1, 2, 3].map((number) => ({ name: `r${number}`, reason: "" })));
    expect(refusedFromDetails(details, 2).map((one) => one.name)).toEqual(["r0", "r1"]);
  });

  test("gives the reason, cut at 4 KiB between characters", () => {
    const { refusal } = readSotwRequest({ ...request, error_detail: status(`x${"é".repeat(4_000)}`) }, DEFAULT_LIMITS);
    expect(Buffer.byteLength(refusal?.reason ?? "")).toBe(4_095);
    expect(refusal?.reason.endsWith("é")).toBe(true);
  });

  test("without a message takes its reason from the resources it names", () => {
    const message = {
      node: null,
      type_url: EDS,
      response_nonce: "n",
      resource_names_subscribe: [],
      resource_names_unsubscribe: [],
      initial_resource_versions: {},
    };
    const details = refusedToDetails([{ name: "a", reason: "port 0" }]);
    expect(readDeltaRequest({ ...message, error_detail: status("", details) }, DEFAULT_LIMITS).refusal).toEqual({
      reason: "a: port 0",
      resources: ["a"],
    });
  });

  test("is what makes a NACK, even when empty", () => {
    expect(readSotwRequest({ ...request, error_detail: status("") }, DEFAULT_LIMITS).refusal).toEqual({ reason: "", resources: [] });
    expect(readSotwRequest({ ...request, error_detail: null }, DEFAULT_LIMITS).refusal).toBeUndefined();
  });
});
