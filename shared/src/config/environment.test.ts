import Type from "typebox";
import { describe, expect, test } from "vitest";
import { type Environment, formatPlace, formatProblem, peekConfig, readConfig, schemaParts } from "./index.js";

const { choice, keys, shortOrMap, wholeNumber } = schemaParts;

const policy = choice(["low", "high"], "");
const schema = keys(
  {
    stateDir: Type.Optional(Type.String()),
    xds: Type.Optional(keys({ listen: Type.Optional(Type.String()), port: Type.Optional(wholeNumber(1, 9, "")) }, "")),
    on: Type.Optional(Type.Boolean()),
    list: Type.Optional(Type.Array(Type.String())),
    services: Type.Optional(Type.Record(Type.String(), keys({ timeout: Type.Optional(Type.String()) }, ""))),
    lb: Type.Optional(shortOrMap(policy, keys({ policy }, ""), "")),
  },
  "",
);

function read(environment: Environment, text = "") {
  return readConfig({ file: "a.yaml", text, schema, environment });
}

function readAs(environment: Environment, text?: string): unknown {
  const result = read(environment, text);
  return result.ok ? JSON.parse(JSON.stringify(result.value.value)) : result.error.map(formatProblem);
}

describe("a single value can be set by the environment", () => {
  test.each<[string, Environment, unknown]>([
    ["__ separates keys", { FAIRLEAD_XDS__LISTEN: "x:1" }, { xds: { listen: "x:1" } }],
    ["case does not matter", { FAIRLEAD_STATEDIR: "/a" }, { stateDir: "/a" }],
    ["a single _ does not matter", { FAIRLEAD_STATE_DIR: "/a" }, { stateDir: "/a" }],
    ["a number is a number where one is wanted", { FAIRLEAD_XDS__PORT: "5" }, { xds: { port: 5 } }],
    ["a number is a text where a text is wanted", { FAIRLEAD_STATEDIR: "5" }, { stateDir: "5" }],
    ["a truth value", { FAIRLEAD_ON: "true" }, { on: true }],
    ["the short form of what may be a map", { FAIRLEAD_LB: "high" }, { lb: "high" }],
    ["an empty value is an empty text", { FAIRLEAD_STATEDIR: "" }, { stateDir: "" }],
    ["the log level is no key", { FAIRLEAD_LOG_LEVEL: "debug" }, {}],
    ["other programs' variables are not read", { PATH: "/bin", FAIRLEADER: "x" }, {}],
    [
      "what Kubernetes makes of a Service called fairlead-xds is not read",
      {
        FAIRLEAD_XDS_SERVICE_HOST: "10.0.0.1",
        FAIRLEAD_XDS_SERVICE_PORT: "80",
        FAIRLEAD_XDS_SERVICE_PORT_GRPC: "80",
        FAIRLEAD_XDS_PORT: "tcp://10.0.0.1:80",
        FAIRLEAD_XDS_PORT_80_TCP: "tcp://10.0.0.1:80",
        FAIRLEAD_XDS_PORT_80_TCP_ADDR: "10.0.0.1",
      },
      {},
    ],
  ])("%s", (_, environment, value) => {
    expect(readAs(environment)).toEqual(value);
  });

  test("it goes over the file, and the rest of the file stays", () => {
    const text = "stateDir: /a\nxds: { listen: 'y:1', port: 2 }";
    expect(readAs({ FAIRLEAD_XDS__LISTEN: "x:1" }, text)).toEqual({ stateDir: "/a", xds: { listen: "x:1", port: 2 } });
  });

  test("its place is the variable", () => {
    const result = read({ FAIRLEAD_XDS__LISTEN: "x:1" }, "xds:");
    expect(result.ok && formatPlace(result.value.place(["xds", "listen"]))).toBe("environment FAIRLEAD_XDS__LISTEN");
  });

  test("it is seen before the file is checked", () => {
    expect(
      peekConfig({ file: "a.yaml", text: "stateDir: /a\nzebra: 1", schema, environment: { FAIRLEAD_STATEDIR: "/b" } }, ["stateDir"]),
    ).toEqual(["/b"]);
  });
});

describe("a variable that cannot be used is an error that names it", () => {
  test.each<[string, Environment, string]>([
    [
      "a misspelt key",
      { FAIRLEAD_STATEDRI: "x" },
      'environment FAIRLEAD_STATEDRI: no key is called STATEDRI here; did you mean "stateDir"? (__ separates keys)',
    ],
    [
      "a misspelt inner key",
      { FAIRLEAD_XDS__LISTENS: "x" },
      'environment FAIRLEAD_XDS__LISTENS: xds: no key is called LISTENS here; did you mean "listen"? (__ separates keys)',
    ],
    [
      "a single _ for a separator",
      { FAIRLEAD_XDS_LISTEN: "x" },
      "environment FAIRLEAD_XDS_LISTEN: no key is called XDS_LISTEN here; the keys here are stateDir, xds, on, list, services, lb (__ separates keys)",
    ],
    ["a map", { FAIRLEAD_XDS: "x" }, "environment FAIRLEAD_XDS: xds: this is a map; the environment sets single values of fixed keys only"],
    [
      "a list",
      { FAIRLEAD_LIST: "x" },
      "environment FAIRLEAD_LIST: list: this is a list; the environment sets single values of fixed keys only",
    ],
    [
      "inside a list",
      { FAIRLEAD_LIST__0: "x" },
      "environment FAIRLEAD_LIST__0: list: this is a list; the environment sets single values of fixed keys only",
    ],
    [
      "inside a map of names",
      { FAIRLEAD_SERVICES__SHOP__TIMEOUT: "x" },
      "environment FAIRLEAD_SERVICES__SHOP__TIMEOUT: services: this is a map; the environment sets single values of fixed keys only",
    ],
    [
      "inside a single value",
      { FAIRLEAD_STATEDIR__X: "x" },
      "environment FAIRLEAD_STATEDIR__X: stateDir: this is a single value with no keys in it; the environment sets single values of fixed keys only",
    ],
    [
      "a wrong kind of value",
      { FAIRLEAD_XDS__PORT: "many" },
      'environment FAIRLEAD_XDS__PORT: xds.port: expected a whole number from 1 to 9, got "many"',
    ],
    ["a wrong choice", { FAIRLEAD_LB: "x" }, 'environment FAIRLEAD_LB: lb: expected one of low, high, got "x"'],
    [
      "two variables for one key",
      { FAIRLEAD_STATEDIR: "a", FAIRLEAD_STATE_DIR: "b" },
      "environment FAIRLEAD_STATE_DIR: stateDir: FAIRLEAD_STATEDIR sets the same key",
    ],
  ])("%s", (_, environment, message) => {
    expect(readAs(environment)).toEqual([message]);
  });
});
