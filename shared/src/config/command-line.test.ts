import Type from "typebox";
import { describe, expect, test } from "vitest";
import { helpText, parseCommandLine, publishedSchema, schemaParts } from "./index.js";

describe("parseCommandLine", () => {
  test.each([
    [["--config", "a.yaml"], { kind: "run", file: "a.yaml", strict: false }],
    [["--config=a.yaml"], { kind: "run", file: "a.yaml", strict: false }],
    [["--check-config", "--config", "a.yaml"], { kind: "check-config", file: "a.yaml", strict: false }],
    [["--config", "a.yaml", "--print-config"], { kind: "print-config", file: "a.yaml", strict: false }],
    [["--print-schema"], { kind: "print-schema" }],
    [["--version"], { kind: "version" }],
    [["--help", "--config", "a.yaml"], { kind: "help" }],
  ])("%j", (words, command) => {
    expect(parseCommandLine(words)).toEqual({ ok: true, value: command });
  });

  test.each([
    [[], "which configuration? --config FILE"],
    [["--check-config"], "which configuration? --check-config --config FILE"],
    [["--config"], "--config needs a file: --config FILE"],
    [["--config", "--help"], "--config needs a file: --config FILE"],
    [["--config="], "--config needs a file: --config FILE"],
    [["--config", "a", "--config", "b"], "--config is given twice; more files are named by `include` in the first"],
    [["--check-config", "--print-config"], "--check-config and --print-config exclude each other"],
    [["a.yaml"], 'unexpected "a.yaml"; a configuration file is given as --config FILE'],
    [["--cnfig", "a"], "unknown option --cnfig; did you mean --config?"],
    [["-x"], "unknown option -x; the options are --config, --check-config, --print-config, --print-schema, --version, --help"],
  ])("%j is refused", (words, error) => {
    expect(parseCommandLine(words)).toEqual({ ok: false, error });
  });
});

test("the help names every option it parses", () => {
  for (const option of ["--config", "--check-config", "--print-config", "--print-schema", "--version", "--help"])
    expect(helpText("p")).toContain(option);
});

test("the published schema is JSON Schema with the descriptions", () => {
  const schema = schemaParts.keys({ id: Type.String({ description: "who" }) }, "all");
  const published: unknown = JSON.parse(publishedSchema(schema, "t"));
  expect(published).toMatchObject({
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "t",
    required: ["id"],
    properties: { id: { type: "string", description: "who" } },
    additionalProperties: false,
  });
});
