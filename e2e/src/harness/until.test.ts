import { describe, expect, test } from "vitest";
import { GiveUp, until, untilEqual } from "./until.js";

describe("until", () => {
  test("gives back the first truthy value, and takes an error for not yet", async () => {
    let looks = 0;
    const seen = await until("the third look", () => {
      looks += 1;
      if (looks === 1) throw new Error("not there");
      return looks === 3 ? "here" : undefined;
    });
    expect([seen, looks]).toEqual(["here", 3]);
  });

  test("says what was waited for and what was seen last", async () => {
    await expect(untilEqual("the list", () => [1, 2], [1], { timeoutMs: 50 })).rejects.toThrow(
      "waited 50 ms for the list to be [ 1 ]; last seen: [ 1, 2 ]",
    );
    await expect(until("it", () => Promise.reject(new Error("refused")), { timeoutMs: 50 })).rejects.toThrow("last seen: Error: refused");
  });

  test("ends in time although the probe never comes back", async () => {
    await expect(until("it", () => new Promise<boolean>(() => undefined), { timeoutMs: 50 })).rejects.toThrow("waited 50 ms for it");
  });

  test("ends at once when the probe gives up", async () => {
    const probe = (): boolean => {
      throw new GiveUp("the process has ended");
    };
    await expect(until("it", probe, { timeoutMs: 60_000 })).rejects.toThrow("the process has ended");
  });
});
