// Every registration that was captured from the real frameworks, and what it is to us.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Announcement, decoderOf, type Member } from "./decoder.js";

interface Fixture {
  readonly znodes: readonly { readonly path: string; readonly data: string; readonly encoding?: "base64" }[];
}

/** The captured members under a path, decoded, in short: `address weight zone [instance] [DRAINING reason]`, or why not. */
function captured(file: string, parent: string, path: Partial<Parameters<typeof decoderOf>[0]>): Record<string, string> {
  const fixture = JSON.parse(readFileSync(new URL(`./fixtures/${file}.json`, import.meta.url), "utf8")) as Fixture;
  const decode = decoderOf({ format: "curator", port: "main", ...path });
  const members = fixture.znodes.filter((znode) => znode.path.startsWith(`${parent}/`)).map(memberOf);
  expect(members.length).toBeGreaterThan(0);
  return Object.fromEntries(
    members.map((member) => {
      const decoded = decode(member);
      return [shortName(member.name), decoded.ok ? shortOf(decoded.value) : `${decoded.error.kind}: ${decoded.error.reason}`];
    }),
  );
}

function memberOf({ path, data, encoding }: Fixture["znodes"][number]): Member {
  return { path, name: path.slice(path.lastIndexOf("/") + 1), data: Buffer.from(data, encoding ?? "utf8") };
}

function shortOf({ endpoints }: Announcement): string {
  return endpoints
    .map(({ id, weight, zone, instance, draining }) =>
      [id, weight, zone, instance, ...(draining === undefined ? [] : [`DRAINING ${draining}`])]
        .filter((part) => part !== undefined)
        .join(" "),
    )
    .join(", ");
}

/** A provider's URL is some 400 characters: protocol, group and release tell these apart. */
function shortName(name: string): string {
  if (!name.includes("%3A%2F%2F")) return name;
  const group = /%26group%3D(\w+)/.exec(name)?.[1] ?? "";
  return `${name.slice(0, name.indexOf("%"))} ${group}`.trim();
}

test("Curator, plain", () => {
  expect(captured("curator", "/services/plain", {})).toEqual({
    "plain-1": "127.0.0.1:8081 100 default plain-1",
    "plain-2-ssl": "127.0.0.1:8081 100 default plain-2-ssl",
    "plain-3-sslonly": "unusable: no port, but sslPort is 8444: the path's `port` setting chooses",
    "plain-4-disabled": "127.0.0.1:8083 100 default plain-4-disabled",
    "plain-5-uri": "127.0.0.1:8084 100 default plain-5-uri",
    "plain-6-noport": "unusable: no port",
    "plain-7-v6": "[::1]:8085 100 default plain-7-v6",
    "plain-8-static": "127.0.0.1:8086 100 default plain-8-static",
    "plain-9-permanent": "127.0.0.1:8087 100 default plain-9-permanent",
    "plain-A-sequential0000000009": "127.0.0.1:8088 100 default plain-A-sequential",
  });
});

test("Curator, with TLS chosen", () => {
  const all = captured("curator", "/services/plain", { port: "ssl" });
  expect(all["plain-2-ssl"]).toBe("127.0.0.1:8443 100 default plain-2-ssl");
  expect(all["plain-3-sslonly"]).toBe("127.0.0.1:8444 100 default plain-3-sslonly");
  expect(all["plain-1"]).toBe("unusable: no sslPort, but port is 8081: the path's `port` setting chooses");
});

test("Curator, whose payload is the application's own", () => {
  expect(captured("curator", "/services/payload", {})).toEqual({
    "11111111-2222-3333-4444-555555555555": "127.0.0.1:9001 100 default 11111111-2222-3333-4444-555555555555",
    "string-payload": "127.0.0.1:9002 100 default string-payload",
  });
});

test("Curator, as it writes `enabled`", () => {
  expect(captured("curator", "/services-new/plain", {})).toEqual({
    "new-1": "127.0.0.1:8081 100 default new-1",
    "new-2-disabled": "127.0.0.1:8082 100 default new-2-disabled DRAINING registered as disabled",
  });
});

describe.each(["4.3", "5.0"])("Spring Cloud %s", (version) => {
  const all = (parent: string, port: "main" | "ssl") =>
    Object.values(captured(`spring-cloud-zookeeper-${version}`, parent, { port }))
      .map((value) => value.replace(/ [0-9a-f-]{36}/, " UUID"))
      .sort();

  test("OUT_OF_SERVICE drains, the zone is taken over", () => {
    expect(all("/services/shop", "main")).toEqual([
      "127.0.0.1:18081 100 default UUID",
      '127.0.0.1:18082 100 eu-1a UUID DRAINING status "OUT_OF_SERVICE"',
    ]);
  });

  test("TLS beside plain text", () => {
    expect(all("/services/cart-tls", "main")).toEqual(["127.0.0.1:18083 100 default UUID"]);
    expect(all("/services/cart-tls", "ssl")).toEqual(["127.0.0.1:18443 100 default UUID"]);
  });
});

test("Dubbo 3, applications: the instance's port, or that of a protocol", () => {
  const app = (protocol?: string) =>
    captured("dubbo-3", "/services/shop-provider", protocol === undefined ? {} : { protocol })["127.0.0.1:20880"];
  expect(app()).toBe("127.0.0.1:20880 100 default 127.0.0.1:20880");
  expect(app("dubbo")).toBe("127.0.0.1:20880 100 default 127.0.0.1:20880");
  expect(app("tri")).toBe("127.0.0.1:50051 100 default 127.0.0.1:20880");
  expect(app("rest")).toBe('unusable: no rest among dubbo.endpoints, but "dubbo", "tri": the path\'s `protocol` setting chooses');
});

const PROVIDERS = (interfaceName: string) => `/dubbo/com.example.shop.${interfaceName}/providers`;

test("Dubbo 3, interfaces: one znode per protocol and group; weight and zone are in the URL", () => {
  expect(captured("dubbo-3", PROVIDERS("Stock"), { format: "dubbo" })).toEqual({
    "dubbo blue": "127.0.0.1:20880 200 eu-1a 1795359265723",
    "dubbo static": "127.0.0.1:20880 100 default 1795359266299",
    "tri blue": "127.0.0.1:50051 200 eu-1a 1795359264578",
    "tri static": "127.0.0.1:50051 100 default 1795359266265",
  });
  expect(captured("dubbo-3", PROVIDERS("Greeter"), { format: "dubbo", protocol: "tri" })).toEqual({
    dubbo: "",
    tri: "127.0.0.1:50051 100 default 1795359266347",
  });
});

test("Dubbo 2.7 and 2.6", () => {
  expect(captured("dubbo-2.7", PROVIDERS("Greeter"), { format: "dubbo" })).toEqual({ dubbo: "127.0.0.1:20881 100 default 1795359282145" });
  expect(captured("dubbo-2.7", PROVIDERS("Stock"), { format: "dubbo" })).toEqual({
    "dubbo blue": "127.0.0.1:20881 200 eu-1a 1795359283010",
  });
  expect(captured("dubbo-2.6", PROVIDERS("Greeter"), { format: "dubbo" })).toEqual({ dubbo: "127.0.0.1:20882 100 default 1795359295603" });
  expect(captured("dubbo-2.6", PROVIDERS("Stock"), { format: "dubbo" })).toEqual({
    "dubbo blue": "127.0.0.1:20882 50 eu-1a 1795359296419",
  });
});

test("D2: weights are scaled, partitions summed, the zone is a property of the URI", () => {
  expect(captured("d2", "/d2/uris/Shop", { format: "d2" })).toEqual({
    "ephemoral-0000000000": "127.0.0.1:8081 100 default",
    "ephemoral-0000000001": "127.0.0.1:8443 50 eu-1a",
  });
  expect(captured("d2", "/d2/uris/Shop", { format: "d2", scheme: "https" })).toEqual({
    "ephemoral-0000000000": "",
    "ephemoral-0000000001": "127.0.0.1:8443 50 eu-1a",
  });
  expect(captured("d2", "/d2/uris/Members", { format: "d2" })).toEqual({ "ephemoral-0000000000": "127.0.0.1:8091 350 default" });
});

test("ServerSet, JSON", () => {
  const path = "/twitter/service/team/prod/json";
  expect(captured("serverset", path, { format: "serverset" })).toEqual({
    member_0000000000: "127.0.0.1:8081 100 default",
    member_0000000001: "127.0.0.1:8082 100 default",
    member_0000000002: "127.0.0.1:8083 100 default",
    member_0000000003: "127.0.0.1:8084 100 default",
  });
  expect(captured("serverset", path, { format: "serverset", endpoint: "thrift" })).toMatchObject({
    member_0000000000: 'unusable: no additional endpoint "thrift": the path\'s `endpoint` setting chooses',
    member_0000000001: "127.0.0.1:9091 100 default",
    member_0000000002: 'unusable: no additional endpoint "thrift", but "health": the path\'s `endpoint` setting chooses',
  });
});

test("ServerSet, Thrift", () => {
  const path = "/twitter/service/team/prod/thrift";
  expect(captured("serverset", path, { format: "serverset" })).toEqual({
    member_0000000000: "127.0.0.1:8081 100 default",
    member_0000000001: "127.0.0.1:8082 100 default",
  });
  expect(captured("serverset", path, { format: "serverset", endpoint: "http-admin" })["member_0000000001"]).toBe(
    "127.0.0.1:9990 100 default",
  );
});

test("Finagle", () => {
  expect(captured("finagle-serverset", "/twitter/service/team/prod/finagle", { format: "serverset" })).toEqual({
    member_0000000000: "127.0.0.1:8081 100 default",
    member_0000000002: "127.0.0.1:8082 100 default",
  });
});
