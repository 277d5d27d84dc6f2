import { describe, expect, test } from "vitest";
import { ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, LDS, RDS, view } from "./testing/views.js";

const types = (seen: readonly Seen[]) => seen.map((response) => response.type);
const everything = (version: string) => ({ cds: { a: version }, eds: { a: version }, lds: { a: version }, rds: { a: version } });

describe("make before break", () => {
  test.each(["sotw", "delta"] as const)("R28: of one change clusters go first, then assignments, listeners and routes (%s)", (variant) => {
    const stream = new ScriptedStream(view(everything("1")), { variant });
    for (const type of [RDS, LDS, EDS, CDS]) {
      const [first] = variant === "sotw" ? stream.sotw(type, ["a"]) : stream.delta(type, { subscribe: ["a"] });
      stream.ack(first, ["a"]);
    }
    expect(types(stream.view(view(everything("2"))))).toEqual([CDS, EDS, LDS, RDS]);
  });

  test("R28: in delta clusters are removed after everything that led to them, and assignments after their clusters", () => {
    const stream = new ScriptedStream(view(everything("1")), { variant: "delta" });
    for (const type of [CDS, EDS, LDS, RDS]) stream.ack(stream.delta(type, { subscribe: ["a"] })[0]);
    const gone = stream.view(view({}));
    expect(types(gone)).toEqual([LDS, RDS, CDS, EDS]);
    expect(gone.map((seen) => seen.removed)).toEqual([["a"], ["a"], ["a"], ["a"]]);
  });

  test("R28: a change that adds one cluster and removes another adds first, and removes after the ACK", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }), { variant: "delta" });
    stream.ack(stream.delta(CDS)[0]);
    const [added] = stream.view(view({ cds: { b: "1" } }));
    expect(added).toMatchObject({ resources: ["b@1"], removed: [] });
    expect(stream.ack(added)).toMatchObject([{ resources: [], removed: ["a"] }]);
  });
});

describe("Envoy", () => {
  test.each(["sotw", "delta"] as const)("R30: a changed cluster brings its unchanged assignment again (%s)", (variant) => {
    const stream = new ScriptedStream(view({ cds: { a: "1", b: "1" }, eds: { a: "1", b: "1" } }), { variant, userAgent: "envoy" });
    const clusters = variant === "sotw" ? stream.sotw(CDS, []) : stream.delta(CDS);
    stream.ack(clusters[0], []);
    const assignments = variant === "sotw" ? stream.sotw(EDS, ["a", "b"]) : stream.delta(EDS, { subscribe: ["a", "b"] });
    stream.ack(assignments[0], ["a", "b"]);
    const sent = stream.view(view({ cds: { a: "2", b: "1" }, eds: { a: "1", b: "1" } }));
    expect(sent).toMatchObject([{ type: CDS }, { type: EDS, resources: ["a@1"] }]);
  });

  test("R30: others do not get the assignment again", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" }, eds: { a: "1" } }), { variant: "delta", userAgent: "fairlead" });
    for (const type of [CDS, EDS]) stream.ack(stream.delta(type, { subscribe: ["a"] })[0]);
    expect(types(stream.view(view({ cds: { a: "2" }, eds: { a: "1" } })))).toEqual([CDS]);
  });

  test("R30: on reconnect the assignments and routes it asks for are answered although it has them; clusters are not", () => {
    const sets = view({ cds: { a: "1" }, eds: { a: "1" }, rds: { a: "1" } });
    const stream = new ScriptedStream(sets, { variant: "delta", userAgent: "envoy" });
    expect(stream.delta(CDS, { held: { a: "1" } })).toMatchObject([{ resources: [], removed: [] }]);
    expect(stream.delta(EDS, { subscribe: ["a"], held: { a: "1" } })).toMatchObject([{ resources: ["a@1"] }]);
    expect(stream.delta(RDS, { subscribe: ["a"], held: { a: "1" } })).toMatchObject([{ resources: ["a@1"] }]);
  });
});
