import { formatProblem } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { readServiceLists } from "./index.js";

const read = (text: string) => readServiceLists({ file: "l.yaml", text });

describe("a file of service lists", () => {
  test("gives endpoints with weight, zone, instance and place, the address in canonical form", () => {
    const result = read(
      "services:\n  shop:\n    - { address: '[0::1]:80', weight: 0, zone: a, instance: i, metadata: { rack: '7' } }\n    - address: 10.0.0.1:80\n  cart: []\n",
    );
    expect(result).toEqual({
      ok: true,
      value: {
        services: new Map([
          [
            "shop",
            [
              { address: "[::1]:80", weight: 0, zone: "a", instance: "i", metadata: { rack: "7" }, place: "l.yaml:3:7" },
              { address: "10.0.0.1:80", weight: 100, zone: "default", place: "l.yaml:4:7" },
            ],
          ],
          ["cart", []],
        ]),
        quarantined: [],
      },
    });
  });

  test.each([
    [
      "a name for an address",
      "{ address: 'web:80' }",
      'expected an address such as 10.0.0.1:8080, got "web:80"; lists take IP addresses, names go to a source of type dns',
    ],
    [
      "a weight beyond the scale",
      "{ address: '10.0.0.2:80', weight: -1 }",
      "weight: expected a whole number from 0 to 10000, got the number -1",
    ],
    ["a misspelt key", "{ address: '10.0.0.2:80', wieght: 1 }", 'wieght: unknown key; did you mean "weight"?'],
    ["no address", "{ zone: a }", "address: missing; expected an address such as 10.0.0.1:8080"],
    ["no map", "10.0.0.2:80", 'expected a map, got "10.0.0.2:80"'],
    [
      "the address of every interface",
      "{ address: '0.0.0.0:80' }",
      '"0.0.0.0:80" is where a server listens, not where it is reached; give the address of the machine it runs on',
    ],
    [
      "the same in IPv6",
      "{ address: '[::]:80' }",
      '"[::]:80" is where a server listens, not where it is reached; give the address of the machine it runs on',
    ],
    [
      "metadata that is no text",
      "{ address: '10.0.0.2:80', metadata: { shard: 7 } }",
      'metadata.shard: expected a text of at most 256 characters, got the number 7; write it in quotes: "7"',
    ],
    ["an endpoint twice", "{ address: '10.0.0.1:80' }", "10.0.0.1:80 is already listed at l.yaml:3:7"],
  ])("sets an entry with %s aside, and the others serve", (_, entry, reason) => {
    const result = read(`services:\n  shop:\n    - { address: '10.0.0.1:80' }\n    - ${entry}\n`);
    const hides = !reason.includes("already listed");
    expect(result.ok && result.value.quarantined).toEqual([{ service: "shop", place: "l.yaml:4:7", reason, hides }]);
    expect(result.ok && [...result.value.services.values()].map((list) => list.length)).toEqual([1]);
  });

  test.each([
    [
      "is not YAML",
      "services: [",
      "l.yaml:1:12: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["is empty", "", "l.yaml:1:1: services: missing; expected a map"],
    [
      "names a service wrongly",
      "services: { A: [] }",
      "l.yaml:1:13: services.A: expected a service name (a-z 0-9 . _ -, beginning and ending with a letter or digit) as the key",
    ],
    ["has a map for a list", "services: { a: { b: c } }", "l.yaml:1:13: services.a: expected a list, got a map"],
    ["names a service twice", "services:\n  a: []\n  a: []", "l.yaml:3:3: services.a: defined twice; first at l.yaml:2:3"],
  ])("is refused whole when it %s", (_, text, message) => {
    const result = read(text);
    expect(result.ok ? [] : result.error.map(formatProblem)).toEqual([message]);
  });
});
