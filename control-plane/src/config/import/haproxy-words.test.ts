import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { haproxyWords } from "./haproxy-words.js";

describe("a line of a haproxy.cfg", () => {
  test.each([
    ["", []],
    ["  \t ", []],
    ["# all of it", []],
    ["server a 10.0.0.1:80 # why", ["server", "a", "10.0.0.1:80"]],
    ["log\\ it a\\#b c\\\\d", ["log it", "a#b", "c\\d"]],
    ["'a # b' \"c 'd'\"", ["a # b", "c 'd'"]],
    ["a'b c'd", ["ab cd"]],
    ["''", [""]],
    ["'no \\n escapes'", ["no \\n escapes"]],
    ['"tab\\there" \\x41\\x2e', ["tab\there", "A."]],
    ["HTTP/1.1\\r\\nHost:\\ www", ["HTTP/1.1\r\nHost: www"]],
    ["regex ^\\d+\\.", ["regex", "^\\d+\\."]],
    ["unquoted $HOME stays", ["unquoted", "$HOME", "stays"]],
  ])("%j", (line, words) => {
    expect(haproxyWords(line)).toEqual({ ok: true, value: { words, variables: [] } });
  });

  test("names the variables it depends on, which count within double quotes", () => {
    expect(haproxyWords(`server "$\{HOST}:$PORT" "$\{LIST[*]}" "$\{D-x}" '$NO'`)).toMatchObject({
      value: { variables: ["HOST", "PORT", "LIST", "D"] },
    });
  });

  test.each([
    ["'open", "a quote ' is opened and not closed on this line"],
    ['a "open # no comment', 'a quote " is opened and not closed on this line'],
    ["\\x4", "\\x needs two hexadecimal digits"],
  ])("%j is refused", (line, error) => {
    expect(haproxyWords(line)).toEqual({ ok: false, error });
  });

  test("whatever it says, an answer comes", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (line) => typeof haproxyWords(line).ok === "boolean"));
  });
});
