import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RULES, type Standing } from "./testing/rules.js";
import { node, ScriptedStream } from "./testing/scripted-stream.js";
import { CDS, EDS, view } from "./testing/views.js";

describe("what is tolerated", () => {
  test("R5: client features reach the view and change nothing of the protocol", () => {
    const stream = new ScriptedStream(view({ eds: { a: "1" } }));
    const clientFeatures = ["envoy.lb.does_not_support_overprovisioning", "xds.config.supports-resource-ttl", "made.up"];
    const steps = stream.machine.request({
      node: { ...node(), clientFeatures },
      typeUrl: EDS,
      nonce: "",
      refusal: undefined,
      asked: { kind: "sotw", names: ["a"], version: "" },
    });
    expect(steps).toMatchObject([{ kind: "watch", node: { clientFeatures } }]);
    expect(stream.view(view({ eds: { a: "1" } }))).toMatchObject([{ resources: ["a@1"] }]);
  });

  test("R16: a client that takes wrapped resources gets them plain", () => {
    const stream = new ScriptedStream(view({ cds: { a: "1" } }));
    const [first] = stream.sotw(CDS, [], { node: { ...node(), clientFeatures: ["xds.config.supports-resource-in-sotw"] } });
    expect(first?.content.resources.map(({ value }) => value.toString())).toEqual(["a@1"]);
  });

  test.each(["sotw", "delta"] as const)("R35: an xdstp name is a name like any other, and a glob matches nothing (%s)", (variant) => {
    const name = "xdstp://authority/envoy.config.endpoint.v3.ClusterLoadAssignment/shop";
    const glob = "xdstp://authority/envoy.config.endpoint.v3.ClusterLoadAssignment/*";
    const stream = new ScriptedStream(view({ eds: { [name]: "1" } }), { variant });
    const [first] = variant === "sotw" ? stream.sotw(EDS, [name, glob]) : stream.delta(EDS, { subscribe: [name, glob] });
    expect(first).toMatchObject({ resources: [`${name}@1`], errors: [`${glob}: 5`] });
  });
});

const room = fileURLToPath(new URL(".", import.meta.url));

/** Titles of this room's tests by the rules they name, `R17` and `R17-R19` alike. */
function testsByRule(): ReadonlyMap<string, readonly string[]> {
  const files = ["", "io/"].flatMap((folder) =>
    readdirSync(`${room}${folder}`)
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => `${folder}${file}`),
  );
  const found = new Map<string, string[]>();
  for (const file of files.sort()) {
    for (const [, rule = "", title = ""] of readFileSync(`${room}${file}`, "utf8").matchAll(/"(R\d+): ([^"]+)"/g)) {
      const line = `${title.replaceAll(/ \((?:%s|%#)\)/g, "")} (\`${file.replace(".test.ts", "")}\`)`;
      found.set(rule, [...(found.get(rule) ?? []), line]);
    }
  }
  return found;
}

const SHOWN: Readonly<Record<Standing, string>> = {
  served: "served",
  tolerated: "tolerated",
  client: "the client's duty",
  no: "not served",
  none: "–",
};

function report(tests: ReadonlyMap<string, readonly string[]>): string {
  const rows = Object.entries(RULES).map(
    ([name, { says, sotw, delta }]) => `| ${name} | ${says} | ${SHOWN[sotw]} | ${SHOWN[delta]} | ${tests.get(name)?.length ?? 0} |`,
  );
  const proofs = Object.keys(RULES).flatMap((name) => {
    const titles = tests.get(name) ?? [];
    return titles.length === 0 ? [] : [`### ${name}`, "", ...titles.map((title) => `- ${title}`), ""];
  });
  return [
    "# What this xDS server does about each rule of the protocol",
    "",
    "Made by `conformance.test.ts` from the rules it knows and from the titles of the tests; a rule that is served or tolerated has at least",
    "one. All variants are served aggregated and on streams of their own per type. Not served at all: SDS, RTDS, VHDS, LEDS, scoped routes, REST,",
    "globs.",
    "",
    "| rule | what it says | state of the world | delta | tests |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "## The tests",
    "",
    ...proofs,
  ].join("\n");
}

describe("the report of conformance", () => {
  const tests = testsByRule();

  test("has a test for every rule that is served or tolerated", () => {
    const claimed = Object.entries(RULES).filter(([, { sotw, delta }]) =>
      [sotw, delta].some((each) => each === "served" || each === "tolerated"),
    );
    expect(claimed.map(([name]) => name).filter((name) => !tests.has(name))).toEqual([]);
  });

  test("knows every rule that a test names", () => {
    expect([...tests.keys()].filter((name) => RULES[name] === undefined)).toEqual([]);
  });

  test("is the one in this folder (renew it with `npx vitest run conformance --update`)", async () => {
    await expect(report(tests)).toMatchFileSnapshot("./CONFORMANCE.md");
  });
});
