import { describe, expect, test } from "vitest";
import { readState, type SavedState, writeState } from "./saved-state.js";

const state: SavedState = {
  nodeId: "web-7",
  position: "line/1/2",
  resources: [{ typeUrl: "t", name: "shop", version: "v", value: Buffer.from([0, 255, 10]) }],
};

describe("the saved state", () => {
  test("reads back as it was written, bytes included", () => {
    expect(readState(writeState(state))).toEqual({ ok: true, value: state });
  });

  test.each([
    ["no JSON", "{", "not a JSON object"],
    ["a list", "[]", "not a JSON object"],
    ["no resources", `{"nodeId":"a","position":""}`, "lacks nodeId, position or resources"],
    [
      "a resource without value",
      `{"nodeId":"a","position":"","resources":[{"typeUrl":"t","name":"n","version":"v"}]}`,
      "resources[0] lacks",
    ],
    ["a resource that is null", `{"nodeId":"a","position":"","resources":[null]}`, "resources[0] lacks"],
  ])("that is %s is refused with a reason", (_, text, reason) => {
    const read = readState(Buffer.from(text));
    expect(read.ok ? "" : read.error).toContain(reason);
  });
});
