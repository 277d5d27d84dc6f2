import { describe, expect, test } from "vitest";
import { downstreamHeaders, upstreamHeaders } from "./headers.js";
import { checkRequestHead } from "./request-head.js";

const FACTS = { peerIp: "10.1.1.1", service: "shop", newRequestId: () => "made" };

function sent(headers: string[], method = "GET", version = "1.1"): Map<string, string[]> {
  const head = checkRequestHead({ method, target: "/", version, headers });
  if (!head.ok) throw new Error(head.error.detail);
  const byName = new Map<string, string[]>();
  const flat = upstreamHeaders(head.value, FACTS);
  for (let index = 0; index < flat.length; index += 2) {
    const key = (flat[index] ?? "").toLowerCase();
    byName.set(key, [...(byName.get(key) ?? []), flat[index + 1] ?? ""]);
  }
  return byName;
}

describe("headers sent upstream", () => {
  test("what is about the connection stays on it", () => {
    const kept = sent([
      ...["Host", "a", "Connection", "keep-alive, X-Secret", "X-Secret", "1", "Keep-Alive", "timeout=5", "Proxy-Connection", "x"],
      ...["TE", "trailers", "Trailer", "X", "Upgrade", "h2c", "HTTP2-Settings", "AAMA", "Proxy-Authorization", "x", "X-Kept", "1"],
    ]);
    expect([...kept.keys()]).toEqual(["host", "x-kept", "x-forwarded-for", "x-forwarded-proto", "x-request-id"]);
  });

  test("Connection cannot remove framing, identity or what we add", () => {
    const kept = sent(
      [
        ...["Host", "a", "Connection", "Host, Content-Length, Authorization, Cookie, X-Forwarded-For, X-Forwarded-Proto"],
        ...["Content-Length", "5", "Authorization", "b", "Cookie", "c", "X-Forwarded-For", "9.9.9.9", "X-Forwarded-Proto", "https"],
      ],
      "POST",
    );
    expect(Object.fromEntries(kept)).toMatchObject({
      host: ["a"],
      "content-length": ["5"],
      authorization: ["b"],
      cookie: ["c"],
      "x-forwarded-for": ["9.9.9.9, 10.1.1.1"],
      "x-forwarded-proto": ["https"],
    });
  });

  test("X-Forwarded-For is one list with the peer at its end, however many headers came", () => {
    expect(sent(["Host", "a", "X-Forwarded-For", "1.1.1.1", "X-Forwarded-For", "2.2.2.2"]).get("x-forwarded-for")).toEqual([
      "1.1.1.1, 2.2.2.2, 10.1.1.1",
    ]);
  });

  test("a request id is made only where there is none, and traceparent passes", () => {
    expect(sent(["Host", "a"]).get("x-request-id")).toEqual(["made"]);
    const brought = sent(["Host", "a", "X-Request-Id", "theirs", "traceparent", "00-1-2-01"]);
    expect(brought.get("x-request-id")).toEqual(["theirs"]);
    expect(brought.get("traceparent")).toEqual(["00-1-2-01"]);
  });

  test("there is exactly one framing, and a POST without a body says so", () => {
    expect(sent(["Host", "a", "Content-Length", "005"], "POST").get("content-length")).toEqual(["5"]);
    expect(sent(["Host", "a"], "POST").get("content-length")).toEqual(["0"]);
    expect(sent(["Host", "a"], "GET").has("content-length")).toBe(false);
    expect(sent(["Host", "a", "Transfer-Encoding", "chunked"], "POST").get("transfer-encoding")).toEqual(["chunked"]);
  });

  test("Host goes on as it came, and an HTTP/1.0 request without one gets the service's name", () => {
    expect(sent(["Host", "Shop.Internal:9000"]).get("host")).toEqual(["Shop.Internal:9000"]);
    expect(sent([], "GET", "1.0").get("host")).toEqual(["shop"]);
  });

  test("repeated headers keep their number and order", () => {
    expect(sent(["Host", "a", "Cookie", "a=1", "X", "y", "Cookie", "b=2"]).get("cookie")).toEqual(["a=1", "b=2"]);
  });
});

test("of an answer's headers only those about the connection are dropped", () => {
  const headers = [
    "Connection",
    "X-Hop",
    "X-Hop",
    "1",
    "Transfer-Encoding",
    "chunked",
    "Set-Cookie",
    "a",
    "Set-Cookie",
    "b",
    "Keep-Alive",
    "x",
  ];
  expect(downstreamHeaders(headers)).toEqual(["Set-Cookie", "a", "Set-Cookie", "b"]);
});

test("a report is for us and is not passed on", () => {
  expect(downstreamHeaders(["Endpoint-Load-Metrics", "TEXT eps=1", "endpoint-load-metrics-bin", "AA==", "A", "b"])).toEqual(["A", "b"]);
});
