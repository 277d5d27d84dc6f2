import fc from "fast-check";
import Type from "typebox";
import { describe, expect, test } from "vitest";
import { formatPlace, formatProblem, formatProblems, MAX_CONFIG_BYTES, readConfig, schemaParts } from "./index.js";

const { byService, choice, duration, keys, shortOrMap, taggedBy, wholeNumber } = schemaParts;

const schema = keys(
  {
    id: Type.String(),
    xds: Type.Optional(keys({ listen: Type.String({ expects: "an address such as 127.0.0.1:18000" }) }, "")),
    level: Type.Optional(choice(["low", "high"], "")),
    count: Type.Optional(wholeNumber(0, 3, "")),
    on: Type.Optional(Type.Boolean()),
    names: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 2 })),
    sources: Type.Optional(
      Type.Array(
        taggedBy(
          "type",
          [
            keys({ type: Type.Literal("file"), path: Type.String() }, ""),
            keys({ type: Type.Literal("dns"), port: wholeNumber(1, 9, "") }, ""),
          ],
          "",
        ),
      ),
    ),
    services: Type.Optional(
      byService(
        keys(
          {
            check: Type.Optional(shortOrMap(choice(["none"], ""), keys({ interval: duration("") }, ""), "")),
            timeout: Type.Optional(duration("")),
          },
          "",
        ),
        { maxProperties: 2, description: "" },
      ),
    ),
  },
  "",
);

function read(text: string) {
  return readConfig({ file: "a.yaml", text, schema });
}

function messages(text: string): readonly string[] {
  const result = read(text);
  return result.ok ? [] : result.error.map(formatProblem);
}

describe("a wrong configuration is explained with file, line, column, path and what was expected", () => {
  test.each([
    [
      "a wrong pattern",
      'id: a\nservices:\n  shop:\n    check:\n      interval: "5"',
      'a.yaml:5:17: services.shop.check.interval: expected a duration such as 500ms, 5s or 2m, got "5"',
    ],
    [
      "a number for a duration",
      "id: a\nservices: { shop: { timeout: 5 } }",
      "a.yaml:2:30: services.shop.timeout: expected a duration such as 500ms, 5s or 2m, got the number 5",
    ],
    ["a number for a string", "id: 7", 'a.yaml:1:5: id: expected a string, got the number 7; write it in quotes: "7"'],
    ["a truth value for a string", "id: true", 'a.yaml:1:5: id: expected a string, got true; write it in quotes: "true"'],
    ["a misspelt key", "id: a\nxds: { lisen: x, listen: y }", 'a.yaml:2:8: xds.lisen: unknown key; did you mean "listen"?'],
    ["a key in the wrong case", "id: a\nLevel: low", 'a.yaml:2:1: Level: unknown key; did you mean "level"?'],
    ["a key like no other", "id: a\nxds: { listen: y, zebra: 1 }", "a.yaml:2:19: xds.zebra: unknown key; the keys here are listen"],
    ["a missing key", "id: a\nxds: {}", "a.yaml:2:1: xds.listen: missing; expected an address such as 127.0.0.1:18000"],
    ["a bad choice", "id: a\nlevel: lowest", 'a.yaml:2:8: level: expected one of low, high, got "lowest"'],
    ["a number beyond its range", "id: a\ncount: 4", "a.yaml:2:8: count: expected a whole number from 0 to 3, got the number 4"],
    ["a fraction", "id: a\ncount: 1.5", "a.yaml:2:8: count: expected a whole number from 0 to 3, got the number 1.5"],
    ["a string for a truth value", "id: a\non: yes", 'a.yaml:2:5: on: expected true or false, got "yes"'],
    ["a key without a value", "id: a\nxds:", "a.yaml:2:5: xds: expected a map, got nothing"],
    ["a map for a list", "id: a\nnames: { a: b }", "a.yaml:2:1: names: expected a list, got a map"],
    ["a list that is too short", "id: a\nnames: []", "a.yaml:2:1: names: expected at least 1 entry"],
    ["a list that is too long", "id: a\nnames: [a, b, c]", "a.yaml:2:1: names: expected at most 2 entries, got 3"],
    ["a map with too many entries", "id: a\nservices: { a: {}, b: {}, c: {} }", "a.yaml:2:1: services: expected at most 2 entries, got 3"],
    ["an entry of the wrong kind", "id: a\nnames:\n  - [x]", "a.yaml:3:5: names[0]: expected a string, got a list"],
    [
      "a bad key of a map of names",
      "id: a\nservices: { Shop: {} }",
      "a.yaml:2:13: services.Shop: expected a service name (a-z 0-9 . _ -, beginning and ending with a letter or digit) as the key",
    ],
    [
      "an unknown tag",
      "id: a\nsources: [ { type: fil } ]",
      'a.yaml:2:20: sources[0].type: expected one of file, dns, got "fil"; did you mean "file"?',
    ],
    ["a missing tag", "id: a\nsources: [ { path: x } ]", "a.yaml:2:12: sources[0].type: missing; expected one of file, dns"],
    ["a wrong short form", "id: a\nservices: { shop: { check: nope } }", 'a.yaml:2:28: services.shop.check: expected none, got "nope"'],
    ["a list at the root", "[1]", "a.yaml:1:1: expected a map, got a list"],
    ["an empty file", "# nothing\n", "a.yaml:1:1: id: missing; expected a string"],
    [
      "a broken line",
      "id: a\nxds: { listen: x",
      "a.yaml:2:17: not YAML: Flow map in block collection must be sufficiently indented and end with a }",
    ],
    ["an alias without an anchor", "id: *nothing", "a.yaml:1:5: id: the alias *nothing names no anchor before it"],
    ["a key that is a list", "id: a\n[x, y]: 1", "a.yaml:2:1: a key must be a single word or number"],
    [
      "a merge key",
      "id: a\n<<: { level: low }",
      'a.yaml:2:1: ["<<"]: unknown key; the keys here are id, xds, level, count, on, names, sources, services',
    ],
  ])("%s", (_, text, message) => {
    expect(messages(text)).toEqual([message]);
  });

  test("a mistake in one branch of a tagged union is not explained against the others", () => {
    expect(messages("id: a\nsources:\n  - type: dns\n    path: x")).toEqual([
      "a.yaml:3:5: sources[0].port: missing; expected a whole number from 1 to 9",
      "a.yaml:4:5: sources[0].path: unknown key; the keys here are type, port",
    ]);
  });

  test("a key written twice is refused with both places", () => {
    expect(messages("id: a\nservices:\n  shop: {}\n  cart: {}\n  shop: {}")).toEqual([
      "a.yaml:5:3: services.shop: defined twice; first at a.yaml:3:3",
    ]);
  });

  test("several problems are listed in the order of the file", () => {
    expect(messages("count: 9\nid: 1\nlevel: x").map((line) => line.split(":")[1])).toEqual(["1", "2", "3"]);
  });

  test("of 30 problems 20 are listed and the rest are counted", () => {
    const many = read(`id: a\n${Array.from({ length: 30 }, (_, index) => `zebra${index}: 1\n`).join("")}`);
    const lines = many.ok ? [] : formatProblems(many.error).split("\n");
    expect(lines).toHaveLength(21);
    expect(lines[20]).toBe("and 10 more");
  });
});

describe("limits", () => {
  test("a file of more than 4 MiB is refused before it is parsed", () => {
    expect(messages(`id: ${"a".repeat(MAX_CONFIG_BYTES)}`)).toEqual([
      "a.yaml:1:1: 4194308 bytes; a configuration file may have 4194304 at most",
    ]);
  });

  test("bytes are counted, not characters", () => {
    expect(messages(`id: ${"é".repeat(MAX_CONFIG_BYTES / 2)}`)).toHaveLength(1);
  });

  test("an alias bomb is refused", () => {
    const levels = Array.from({ length: 9 }, (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`);
    const [message] = messages(`l0: &l0 [x]\n${levels.join("\n")}`);
    expect(message).toContain("more than 100 YAML aliases are followed; write the values out");
  });

  test("an alias that contains itself ends", () => {
    expect(messages("id: &a [*a]")).toHaveLength(1);
  });

  test("an alias stands for its anchor", () => {
    const result = read("id: &name a\nnames: [*name]");
    expect(result.ok && result.value.value.names).toEqual(["a"]);
  });

  test("nesting that would end the process is refused, however it is written", () => {
    const levels = 20_000;
    for (const text of [
      "[".repeat(levels) + "]".repeat(levels),
      "- ".repeat(levels),
      "? ".repeat(levels),
      "{a: ".repeat(levels) + "}".repeat(levels),
    ])
      expect(messages(text)).toEqual(["a.yaml:1:1: nested deeper than 32 levels"]);
  });

  test("deep nesting is refused", () => {
    expect(messages(`id: ${"[".repeat(50)}${"]".repeat(50)}`)[0]).toContain("nested deeper than 32 levels");
    expect(messages(`id: ${"[".repeat(100_000)}`).length).toBeGreaterThan(0);
  });

  test("a key called __proto__ is unknown like any other and changes nothing", () => {
    expect(messages("id: a\n__proto__: { polluted: 1 }")).toEqual([
      "a.yaml:2:1: __proto__: unknown key; the keys here are id, xds, level, count, on, names, sources, services",
    ]);
    expect(messages("id: a\nservices: { __proto__: { timeout: 1s } }")[0]).toContain("expected a service name");
    expect("polluted" in {}).toBe(false);
  });
});

test("every value knows its place, and what is nowhere written is a default", () => {
  const result = read("id: a\nservices:\n  shop: { check: none }");
  if (!result.ok) throw new Error(formatProblems(result.error));
  const place = (...path: string[]) => formatPlace(result.value.place(path));
  expect(place("id")).toBe("a.yaml:1:5");
  expect(place("services", "shop", "check")).toBe("a.yaml:3:18");
  expect(place("services", "shop", "check", "interval"), "a short form stands for all under it").toBe("a.yaml:3:18");
  expect(place("services", "shop", "timeout")).toBe("default");
  expect(place("xds", "listen")).toBe("default");
});

describe("whatever the text, reading returns", () => {
  test("random text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => void read(text)),
      { numRuns: 300, seed: 1 },
    );
  });

  test("random YAML-like text", () => {
    const word = fc.constantFrom(
      "id",
      ": ",
      "\n",
      "  ",
      "- ",
      "{",
      "}",
      "[",
      "]",
      "&a ",
      "*a",
      "!!str ",
      "'",
      '"',
      "|",
      ">",
      "? ",
      "#",
      "%",
      "---",
      "services",
      "sources",
      "type",
      "<<",
      "~",
      "1",
      "\t",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => void read(words.join(""))),
      { numRuns: 1_000, seed: 2 },
    );
  });

  test("any JSON", () => {
    fc.assert(
      fc.property(fc.json(), (text) => void read(text)),
      { numRuns: 300, seed: 3 },
    );
  });

  test("a problem always has a place in the file and a message", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("id", "xds", "sources", "services", "x"), fc.jsonValue()), (value) => {
        const result = read(JSON.stringify(value, undefined, 1));
        for (const line of result.ok ? [] : result.error.map(formatProblem)) expect(line).toMatch(/^a\.yaml:\d+:\d+: ./);
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});
