import { describe, expect, test } from "vitest";
import { formatListen, listensCollide, parseListen } from "./index.js";

describe("parseListen", () => {
  test.each([
    ["127.0.0.1:18000", { host: "127.0.0.1", port: 18_000 }],
    ["localhost:0", { host: "localhost", port: 0 }],
    ["[::1]:80", { host: "::1", port: 80 }],
    ["[0:0::1]:80", { host: "::1", port: 80 }],
  ])("%s is an address, and is written again in its canonical form", (text, listen) => {
    const parsed = parseListen(text);
    expect(parsed).toEqual({ ok: true, value: listen });
    expect(parsed.ok && parseListen(formatListen(parsed.value))).toEqual(parsed);
  });

  test.each([
    [":80", 'expected an IP before the port, got ":80"; 0.0.0.0:80 listens on every address'],
    ["80", 'expected an address such as 127.0.0.1:18000 or [::1]:18000, got "80"'],
    ["127.0.0.1:70000", 'expected an address such as 127.0.0.1:18000 or [::1]:18000, got "127.0.0.1:70000"'],
    ["::1:80", 'expected an address such as 127.0.0.1:18000 or [::1]:18000, got "::1:80"'],
    ["example.org:80", 'expected an IP or localhost before the port, got "example.org:80"; other names are not looked up here'],
    ["127.0.0.256:80", 'expected an IP or localhost before the port, got "127.0.0.256:80"; other names are not looked up here'],
  ])("%s is refused", (text, error) => {
    expect(parseListen(text)).toEqual({ ok: false, error });
  });
});

test.each([
  ["127.0.0.1:80", "127.0.0.1:80", true],
  ["127.0.0.1:80", "localhost:80", true],
  ["0.0.0.0:80", "127.0.0.1:80", true],
  ["127.0.0.1:80", "127.0.0.2:80", false],
  ["127.0.0.1:80", "127.0.0.1:81", false],
  ["127.0.0.1:0", "127.0.0.1:0", false],
])("%s and %s want one port: %s", (one, other, collide) => {
  const [left, right] = [parseListen(one), parseListen(other)];
  expect(left.ok && right.ok && listensCollide(left.value, right.value)).toBe(collide);
});
