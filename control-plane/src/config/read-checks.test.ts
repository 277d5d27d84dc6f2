import { formatProblem } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { printConfig, readSettings } from "./index.js";

function read(check: string) {
  const text = `id: cp-1\nstateDir: /state\nservices: { shop: { check: ${check} } }\n`;
  return readSettings({ main: { file: "cp.yaml", text }, included: [], environment: {}, resolve: (path) => path });
}

function checkOf(check: string) {
  const result = read(check);
  if (!result.ok) throw new Error(result.error.map(formatProblem).join("\n"));
  return [...result.value.settings.services.values()][0]?.check;
}

function problemOf(check: string): string {
  const result = read(check);
  return result.ok ? "" : result.error.map(formatProblem).join("\n");
}

describe("an HTTP check", () => {
  test("sends headers, wants a body, knows who answers, and may be over TLS", () => {
    expect(
      checkOf('{ type: http, path: /, headers: { X-Key: "a b" }, body: ready, identity: { header: X-Instance, is: "{instance}" } }'),
    ).toMatchObject({
      type: "http",
      headers: { "X-Key": "a b" },
      body: "ready",
      identity: { header: "x-instance", is: "{instance}" },
    });
    expect(checkOf("{ type: http, path: / }")).not.toHaveProperty("tls");
    expect(checkOf("{ type: https, path: / }")).toMatchObject({ type: "http", tls: {} });
    expect(checkOf("{ type: https, path: /, serverName: shop.internal, insecure: true }")).toMatchObject({
      tls: { serverName: "shop.internal", insecure: true },
    });
  });

  test("is printed as it would be written", () => {
    const check = '{ type: https, path: /, serverName: s, body: ready, identity: { body: "I am {service}" } }';
    const result = read(check);
    const printed = result.ok ? printConfig(result.value) : "";
    for (const line of ["type: https", "serverName: s", "body: ready", "body: I am {service}"]) expect(printed).toContain(line);
  });

  test.each([
    [
      "a header of its own",
      "{ type: http, path: /, headers: { Connection: close } }",
      /headers\.Connection: Connection is written by the check itself/,
    ],
    ["a header with a line break", '{ type: http, path: /, headers: { A: "b\\r\\nC: d" } }', /headers\.A: expected printable characters/],
    ["half an identity", "{ type: http, path: /, identity: { header: x } }", /identity: expected header and is, or body alone/],
    [
      "an unknown word in braces",
      '{ type: http, path: /, identity: { body: "{host}" } }',
      /identity\.body: expected a text in which only \{service\}/,
    ],
    ["a server name without TLS", "{ type: http, path: /, serverName: s }", /serverName/],
  ])("refuses %s, and says where", (_what, check, message) => {
    expect(problemOf(check)).toMatch(message);
    expect(problemOf(check)).toContain("cp.yaml:3:");
  });
});
