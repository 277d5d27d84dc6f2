import { expect, test } from "vitest";
import { parentAndName, pathPattern } from "./path-pattern.js";

const settings = { format: "curator", port: "main" } as const;

test("a path without a star is one service", () => {
  expect(pathPattern({ ...settings, path: "/members/cart/", service: "cart" })).toEqual({
    kind: "exact",
    path: "/members/cart",
    service: "cart",
  });
});

test("a star at the end stands for services", () => {
  const pattern = pathPattern({ ...settings, path: "/services/*", service: "{1}" });
  if (pattern.kind !== "wildcard") throw new Error("not a wildcard");
  expect([pattern.parent, pattern.pathOf("shop"), pattern.serviceOf("shop")]).toEqual([
    "/services",
    "/services/shop",
    { ok: true, value: "shop" },
  ]);
});

test("a star in the middle, and a name built around what it matched", () => {
  const pattern = pathPattern({ ...settings, path: "/apps/*/members", service: "eu-{1}" });
  if (pattern.kind !== "wildcard") throw new Error("not a wildcard");
  expect([pattern.parent, pattern.pathOf("a$&b"), pattern.serviceOf("shop")]).toEqual([
    "/apps",
    "/apps/a$&b/members",
    { ok: true, value: "eu-shop" },
  ]);
  expect(pattern.serviceOf("Shop").ok).toBe(false);
});

test("what a star matched may be taken in lower case: Dubbo's interfaces and D2's clusters have capitals", () => {
  const pattern = pathPattern({ ...settings, path: "/dubbo/*/providers", service: "{1:lower}" });
  if (pattern.kind !== "wildcard") throw new Error("not a wildcard");
  expect([pattern.pathOf("com.example.Stock"), pattern.serviceOf("com.example.Stock")]).toEqual([
    "/dubbo/com.example.Stock/providers",
    { ok: true, value: "com.example.stock" },
  ]);
});

test("a star at the top has the root as its parent", () => {
  const pattern = pathPattern({ ...settings, path: "/*", service: "{1}" });
  expect(pattern.kind === "wildcard" && [pattern.parent, pattern.pathOf("a")]).toEqual(["/", "/a"]);
});

test("two stars are refused", () => {
  expect(() => pathPattern({ ...settings, path: "/*/*", service: "{1}" })).toThrow("more than one *");
});

test("a path splits into parent and name", () => {
  expect([parentAndName("/a/b"), parentAndName("/a"), parentAndName("/")]).toEqual([
    { parent: "/a", name: "b" },
    { parent: "/", name: "a" },
    { parent: "/", name: "" },
  ]);
});
