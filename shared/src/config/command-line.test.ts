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

describe("what not every program can do", () => {
  const able = { imports: "a.json|b.cfg", strict: true };
  test.each([
    [["import", "a.json"], { kind: "import", file: "a.json", out: undefined }],
    [["import", "--out", "o.yaml", "a.json"], { kind: "import", file: "a.json", out: "o.yaml" }],
    [["import", "a.json", "--out=o.yaml"], { kind: "import", file: "a.json", out: "o.yaml" }],
    [["--strict", "--config", "a"], { kind: "run", file: "a", strict: true }],
    [["--check-config", "--config", "a", "--strict"], { kind: "check-config", file: "a", strict: true }],
  ])("%j is understood by one that can", (words, command) => {
    expect(parseCommandLine(words, able)).toEqual({ ok: true, value: command });
  });

  test.each([
    [["import"], "import takes one file: import a.json|b.cfg [--out FILE]"],
    [["import", "a", "b"], "import takes one file: import a.json|b.cfg [--out FILE]"],
    [["import", "a", "--out"], "--out needs a file: import a.json|b.cfg [--out FILE]"],
    [["import", "a", "--config", "b"], "unknown option --config; the usage is import a.json|b.cfg [--out FILE]"],
    [["--strickt", "--config", "a"], "unknown option --strickt; did you mean --strict?"],
  ])("%j is refused by it", (words, error) => {
    expect(parseCommandLine(words, able)).toEqual({ ok: false, error });
  });

  test.each([[["import", "a.json"]], [["--strict", "--config", "a"]]])("%j is refused by one that cannot", (words) => {
    expect(parseCommandLine(words).ok).toBe(false);
    expect(helpText("p")).not.toContain(String(words[0]));
    expect(helpText("p", able)).toContain(String(words[0]));
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
