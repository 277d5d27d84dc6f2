import { expect, test } from "vitest";
import { pointer } from "./json-patch.js";

test("a slash or a tilde inside a key is escaped, a number is a list position", () => {
  expect(pointer("metadata", "annotations", "fairlead.io/config")).toBe("/metadata/annotations/fairlead.io~1config");
  expect(pointer("a~b/c")).toBe("/a~0b~1c");
  // Escaped in the wrong order it would be read back as "/".
  expect(pointer("~1")).toBe("/~01");
  expect(pointer("spec", "initContainers", 0)).toBe("/spec/initContainers/0");
});
