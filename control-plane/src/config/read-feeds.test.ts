import { formatProblem } from "@fairlead/shared";
import { expect, test } from "vitest";
import { readSettings } from "./index.js";

const SOURCES = `id: cp-1
stateDir: /state
sources:
  - { name: zk, type: file, path: a.yaml }
  - { name: dns, type: file, path: b.yaml }
`;

function read(rest: string) {
  const result = readSettings({ main: { file: "cp.yaml", text: SOURCES + rest }, environment: {}, included: [], resolve: (path) => path });
  return result.ok ? result.value.settings : result.error.map(formatProblem);
}

function shop(rest: string) {
  const settings = read(rest);
  if (!("services" in settings)) throw new Error(String(settings));
  return [...settings.services.values()][0];
}

test("a service chooses its sources, their order, how they are put together and what it is compared with", () => {
  expect(shop("services: { shop: { sources: [dns], merge: first, compare: zk } }")).toMatchObject({
    sources: ["dns"],
    merge: "first",
    compare: "zk",
  });
});

test("it has them from defaults, and none ends an inherited comparison", () => {
  const defaults = "defaults: { compare: dns, unlisted: keep-while-healthy }\n";
  expect(shop(`${defaults}services: { shop: {} }`)).toMatchObject({ compare: "dns", unlisted: "keep-while-healthy" });
  expect(shop(`${defaults}services: { shop: { compare: none } }`)).not.toHaveProperty("compare");
});

test.each([
  [
    "an unknown source, with the one that was meant",
    "services: { shop: { sources: [zl] } }",
    'no source is called "zl"; did you mean "zk"?',
  ],
  ["an unknown source to compare", "defaults: { compare: consul }", 'no source is called "consul"; the sources are zk, dns'],
  [
    "a source that feeds the service and is compared",
    "defaults: { compare: dns }\nservices: { shop: { sources: [zk, dns] } }",
    '"dns" feeds the service: it cannot be compared with itself too',
  ],
  ["nobody to be fed by", "services: { shop: { sources: [] } }", "sources"],
  [
    "keeping whoever is healthy where nobody is checked",
    "services: { shop: { check: none, unlisted: keep-while-healthy } }",
    "keep-while-healthy needs a check",
  ],
])("%s is refused at its place", (_what, text, message) => {
  expect(read(text)).toEqual([expect.stringMatching(/^cp\.yaml:\d+:\d+: /)]);
  expect(String(read(text))).toContain(message);
});
