import { describe, expect, test } from "vitest";
import type { HttpCheckSettings } from "../../config/index.js";
import { nameOf } from "../testing/scripted-probe.js";
import { judgeAnswer } from "./judge-answer.js";

const CHECK: HttpCheckSettings = {
  type: "http",
  path: "/",
  status: { from: 200, to: 299 },
  intervalMs: 5_000,
  fastIntervalMs: 1_000,
  timeoutMs: 1_000,
  rise: 2,
  fall: 3,
};

function judged(
  check: Partial<HttpCheckSettings>,
  {
    status = 200,
    body = "ok",
    headers = {},
  }: { readonly status?: number; readonly body?: string; readonly headers?: Record<string, string> } = {},
  instance: string | undefined = "i-1",
) {
  const target = {
    service: nameOf("shop"),
    ip: "10.0.0.1",
    port: 80,
    check: { ...CHECK, ...check },
    ...(instance === undefined ? {} : { instance }),
  };
  return judgeAnswer({ kind: "whole", status, headers: new Map(Object.entries(headers)), body }, target);
}

describe("what an answer says", () => {
  test("status, then body", () => {
    expect(judged({})).toEqual({ outcome: "passed", detail: "status 200" });
    expect(judged({}, { status: 500 })).toEqual({ outcome: "failed", detail: "status 500, expected 200-299" });
    expect(judged({ body: "ready" }, { body: "all ready" }).outcome).toBe("passed");
    expect(judged({ body: "ready" }).detail).toBe('status 200, and the body does not contain "ready"');
    expect(judged({ body: "bereit für" }, { body: Buffer.from("bereit für").toString("latin1") }).outcome).toBe("passed");
  });

  test("who answers, whatever the status is", () => {
    const identity = { header: "x-instance", is: "{service}/{instance}@{ip}:{port}" };
    expect(judged({ identity }, { headers: { "x-instance": "shop/i-1@10.0.0.1:80" } }).outcome).toBe("passed");
    expect(judged({ identity }, { headers: { "x-instance": "cart/i-1@10.0.0.1:80" } })).toEqual({
      outcome: "mistaken",
      detail: 'somebody else answers: x-instance is "cart/i-1@10.0.0.1:80", expected "shop/i-1@10.0.0.1:80"',
    });
    expect(judged({ identity }, { status: 500 }).outcome).toBe("mistaken");
    expect(judged({ identity: { body: "I am {instance}" } }, { body: "I am i-1" }).outcome).toBe("passed");
    expect(judged({ identity: { body: "I am {instance}" } }, { body: "I am i-2" }).outcome).toBe("mistaken");
  });

  test("nobody is a stranger who registered without a name", () => {
    expect(judged({ identity: { body: "{instance}" } }, {}, "").outcome).toBe("passed");
    const target = { service: nameOf("shop"), ip: "10.0.0.1", port: 80, check: { ...CHECK, identity: { body: "{instance}" } } };
    expect(judgeAnswer({ kind: "whole", status: 200, headers: new Map(), body: "x" }, target).outcome).toBe("passed");
  });
});
