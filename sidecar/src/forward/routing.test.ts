import { expect, test } from "vitest";
import { serviceOf } from "./routing.js";

const TABLE = {
  upstreams: new Set(["shop", "cart"]),
  hosts: new Map([
    ["shop.internal", "shop"],
    ["cart", "shop"],
  ]),
};

test("a listener of one service takes any Host", () => {
  expect(serviceOf({ kind: "service", service: "shop" }, "whatever", TABLE)).toEqual({ ok: true, value: "shop" });
});

test("a Host is looked up in hosts first, then among the upstreams' names", () => {
  expect(serviceOf({ kind: "host" }, "shop.internal", TABLE)).toEqual({ ok: true, value: "shop" });
  expect(serviceOf({ kind: "host" }, "cart", TABLE)).toEqual({ ok: true, value: "shop" });
  expect(serviceOf({ kind: "host" }, "shop", TABLE)).toEqual({ ok: true, value: "shop" });
});

test("an unknown Host is answered with what to add", () => {
  const routed = serviceOf({ kind: "host" }, "find.internal", TABLE);
  expect(routed.ok ? "" : routed.error).toBe(
    'Host "find.internal" is not routed. Add it to the sidecar\'s configuration as http.hosts: { "find.internal": <service> }, or send the name of an upstream as Host (cart, shop).',
  );
  expect(serviceOf({ kind: "host" }, "", TABLE).ok).toBe(false);
});
