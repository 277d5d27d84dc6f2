import { expect, test } from "vitest";
import { localReply, REPLY_REASONS } from "./local-reply.js";

test.each(REPLY_REASONS)("%s says in header and body what happened, whose fault it was, whether to retry and what to do", (reason) => {
  const reply = localReply(reason, "the detail");
  const headers = new Map<string, string>();
  for (let index = 0; index < reply.headers.length; index += 2)
    headers.set((reply.headers[index] ?? "").toLowerCase(), reply.headers[index + 1] ?? "");
  const body = JSON.parse(reply.body) as Record<string, unknown>;
  expect(headers.get("x-fairlead-reason")).toBe(reason);
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("content-length")).toBe(String(Buffer.byteLength(reply.body)));
  expect(body).toMatchObject({ status: reply.status, reason, detail: "the detail" });
  expect(["caller", "sidecar", "upstream"]).toContain(body["fault"]);
  expect(["safe", "if-idempotent", "useless"]).toContain(body["retry"]);
  expect(body["action"]).not.toBe("");
  expect(headers.has("x-fairlead-retried")).toBe(false);
  expect(headers.has("retry-after")).toBe(reply.status === 503);
});
