import { describe, expect, test } from "vitest";
import { type FailedTry, mayRetry } from "./retry-rule.js";

const REFUSED_GET: FailedTry = { method: "GET", sent: false, answered: false, bodyTaken: false, tries: 1, retryAttempts: 1 };

describe("what may be tried again", () => {
  test.each([
    ["a GET that was never sent", {}, true],
    ["a POST that was never sent", { method: "POST" }, true],
    ["an unknown method that was never sent", { method: "PURGE" }, true],
    ["a GET that was sent and not answered", { sent: true }, true],
    ["a PUT that was sent and not answered, its body untouched", { method: "PUT", sent: true }, true],
    ["a POST that was sent", { method: "POST", sent: true }, false],
    ["a PATCH that was sent", { method: "PATCH", sent: true }, false],
    ["a get in small letters, another method", { method: "get", sent: true }, false],
    ["a GET after a byte of the answer", { sent: true, answered: true }, false],
    ["a PUT whose body is gone", { method: "PUT", bodyTaken: true }, false],
    ["a second sent failure where the route allows one retry", { sent: true, tries: 2 }, false],
    ["a second sent failure where it allows two", { sent: true, tries: 2, retryAttempts: 2 }, true],
    ["a third connect failure where it allows one", { tries: 3 }, true],
    ["a fourth connect failure", { tries: 4 }, false],
    ["a fourth connect failure where it allows five", { tries: 4, retryAttempts: 5 }, true],
    ["a failure where it allows none", { retryAttempts: 0 }, false],
  ] as const)("%s", (_, change, may) => {
    expect(mayRetry({ ...REFUSED_GET, ...change })).toBe(may);
  });
});
