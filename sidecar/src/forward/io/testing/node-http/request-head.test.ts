import { describe, expect, test } from "vitest";
import { checkRequestHead, type RequestHead } from "./request-head.js";

const GET: RequestHead = { method: "GET", target: "/a?b", version: "1.1", headers: ["Host", "shop"] };
const with_ = (...headers: string[]): Partial<RequestHead> => ({ headers: ["Host", "shop", ...headers] });

describe("a request head is refused for", () => {
  test.each<[string, Partial<RequestHead>, string]>([
    ["no Host", { headers: [] }, "bad-request"],
    ["two Hosts", { headers: ["Host", "shop", "host", "other"] }, "bad-request"],
    ["two equal Hosts", { headers: ["Host", "shop", "host", "shop"] }, "bad-request"],
    ["a space in Host", { headers: ["Host", "a b"] }, "bad-request"],
    ["a list in Host", { headers: ["Host", "a, b"] }, "bad-request"],
    ["user information in Host", { headers: ["Host", "u@a"] }, "bad-request"],
    ["a path in Host", { headers: ["Host", "a/evil"] }, "bad-request"],
    ["a fragment in Host", { headers: ["Host", "a#b"] }, "bad-request"],
    ["a port that is none", { headers: ["Host", "a:80x"] }, "bad-request"],
    ["a port beyond 65535", { headers: ["Host", "a:65536"] }, "bad-request"],
    ["an unclosed bracket in Host", { headers: ["Host", "[::1"] }, "bad-request"],
    ["brackets around no IPv6", { headers: ["Host", "[1.2.3.4]"] }, "bad-request"],
    ["`*` with GET", { target: "*" }, "bad-request"],
    ["a target without a slash", { target: "foo" }, "bad-request"],
    ["a fragment", { target: "/a#b" }, "bad-request"],
    ["a space in the target", { target: "/a b" }, "bad-request"],
    ["a byte beyond ASCII in the target", { target: "/\u00e9" }, "bad-request"],
    ["a control character in the target", { target: "/\u0000" }, "bad-request"],
    ["an absolute target of another host", { target: "http://other/" }, "bad-request"],
    ["an absolute target with another port", { target: "http://shop:81/" }, "bad-request"],
    ["an absolute target with user information", { target: "http://u@shop/" }, "bad-request"],
    ["an absolute target without a host", { target: "http:///x" }, "bad-request"],
    ["an absolute target of another scheme", { target: "file:///etc/passwd" }, "bad-request"],
    ["an https target on a clear-text port", { target: "https://shop/" }, "bad-request"],
    ["CONNECT", { method: "CONNECT", target: "b:443" }, "method-not-allowed"],
    ["a method that is no token", { method: "G@T" }, "bad-request"],
    ["HTTP/2.0", { version: "2.0" }, "version-not-supported"],
    ["HTTP/0.9", { version: "0.9" }, "version-not-supported"],
    ["Content-Length and Transfer-Encoding", with_("Content-Length", "5", "Transfer-Encoding", "chunked"), "bad-request"],
    ["two Content-Lengths", with_("Content-Length", "5", "content-length", "6"), "bad-request"],
    ["two equal Content-Lengths", with_("Content-Length", "5", "content-length", "5"), "bad-request"],
    ["a Content-Length list", with_("Content-Length", "5, 5"), "bad-request"],
    ["a signed Content-Length", with_("Content-Length", "+5"), "bad-request"],
    ["a hexadecimal Content-Length", with_("Content-Length", "0x5"), "bad-request"],
    ["an empty Content-Length", with_("Content-Length", ""), "bad-request"],
    ["a Content-Length beyond 2^53-1", with_("Content-Length", "9007199254740992"), "bad-request"],
    ["Transfer-Encoding in HTTP/1.0", { version: "1.0", ...with_("Transfer-Encoding", "chunked") }, "bad-request"],
    ["chunked twice", with_("Transfer-Encoding", "chunked, chunked"), "not-implemented"],
    ["chunked in two headers", with_("Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"), "not-implemented"],
    ["another coding", with_("Transfer-Encoding", "gzip, chunked"), "not-implemented"],
    ["a coding with parameters", with_("Transfer-Encoding", "chunked;q=1"), "not-implemented"],
    ["an empty coding", with_("Transfer-Encoding", ""), "not-implemented"],
    ["a name that is no token", with_("X(a)", "1"), "bad-request"],
    ["a control character in a value", with_("X", "a\u0007b"), "bad-request"],
    ["a line feed in a value", with_("X", "a\nb: c"), "bad-request"],
    ["an obscured Expect", with_("Expect", "x 100-continue"), "expectation-failed"],
    ["WebSocket", with_("Connection", "Upgrade", "Upgrade", "websocket"), "not-implemented"],
    ["101 headers", { headers: Array.from({ length: 101 }, () => ["Host", "a"]).flat() }, "head-too-large"],
  ])("%s", (_, change, reason) => {
    const checked = checkRequestHead({ ...GET, ...change });
    expect(checked.ok ? "accepted" : checked.error.reason).toBe(reason);
  });
});

describe("a request head is accepted with", () => {
  test.each<[string, Partial<RequestHead>, object]>([
    ["a path and a query", {}, { path: "/a?b", host: "shop", hostName: "shop", framing: { kind: "none" } }],
    ["a Host with a port, in capitals", { headers: ["Host", "Shop:9000"] }, { host: "Shop:9000", hostName: "shop" }],
    ["an IPv6 Host", { headers: ["Host", "[::1]:80"] }, { hostName: "[::1]" }],
    ["an empty Host", { headers: ["Host", ""] }, { host: "", hostName: "" }],
    ["no Host in HTTP/1.0", { version: "1.0", headers: [] }, { host: undefined, hostName: "" }],
    ["an absolute target that agrees with Host", { target: "http://SHOP/x?y" }, { path: "/x?y", host: "SHOP" }],
    ["an absolute target without a path", { target: "http://shop?y" }, { path: "/?y" }],
    ["an absolute target that stands in for a missing Host", { version: "1.0", target: "http://shop/", headers: [] }, { host: "shop" }],
    ["`*` with OPTIONS", { method: "OPTIONS", target: "*" }, { path: "*" }],
    ["a length, written anew", with_("Content-Length", "005"), { framing: { kind: "length", bytes: 5 } }],
    ["chunked in any case", with_("Transfer-Encoding", "Chunked"), { framing: { kind: "chunked" } }],
    ["an offer to speak another protocol, which is not taken", with_("Connection", "Upgrade", "Upgrade", "h2c"), { path: "/a?b" }],
    ["a header called __proto__", with_("__proto__", "x"), { path: "/a?b" }],
    ["bytes beyond ASCII in a value", with_("X", "caf\u00e9"), { path: "/a?b" }],
    ["a method nobody knows", { method: "PURGE" }, { method: "PURGE" }],
  ])("%s", (_, change, meaning) => {
    const checked = checkRequestHead({ ...GET, ...change });
    expect(checked.ok ? checked.value : checked.error).toMatchObject(meaning);
  });
});
