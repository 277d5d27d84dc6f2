import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importConfig } from "./import-config.js";
import { formatFinding, type Imported } from "./imported.js";
import { readImported } from "./testing/read-imported.js";

const SAMPLE = readFileSync(new URL("fixtures/haproxy.cfg", import.meta.url), "utf8");

function imported(text: string): Imported {
  const result = importConfig("haproxy.cfg", text);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
const said = (text: string) => imported(text).findings.map(formatFinding);
/** A backend with these lines and one server. */
const backend = (...lines: string[]) => `backend b\n${[...lines, "server s 10.0.0.1:80 check"].map((line) => `  ${line}\n`).join("")}`;
const serviceB = (text: string) => {
  const { settings } = readImported(imported(text).text);
  return settings.services.get("b" as never);
};

describe("the sample", () => {
  const { settings } = readImported(imported(SAMPLE).text);
  const services = settings.services as ReadonlyMap<string, unknown>;

  test("gives a service for each backend that has servers, with what its lines and its defaults say", () => {
    expect([...services.keys()]).toEqual(["cart", "api", "find", "mysql"]);
    expect(services.get("cart")).toMatchObject({
      localPort: 9_001,
      protocol: "http1",
      lb: { policy: "least-request" },
      timeoutMs: 50_000,
      safety: "standard",
      check: {
        type: "http",
        intervalMs: 3_000,
        fastIntervalMs: 1_000,
        timeoutMs: 800,
        rise: 4,
        fall: 2,
        path: "/health",
        host: "cart.internal",
        status: { from: 200, to: 399 },
      },
      retries: { attempts: 3, budgetPercent: 20 },
    });
    expect(services.get("mysql")).toMatchObject({ localPort: 3_306, protocol: "tcp", check: { type: "tcp", intervalMs: 2_000 } });
    expect(services.get("api")).toMatchObject({ check: { host: "api.internal", status: { from: 200, to: 200 } } });
  });

  test("puts addresses in the static source, with weights as they are related, and names in DNS with their resolvers", () => {
    const [dns, fixed] = settings.sources;
    expect(dns).toMatchObject({
      type: "dns",
      resolvers: ["10.0.0.2:53", "10.0.0.3:53"],
      names: [
        { service: "api", name: "_http._tcp.api.internal.", type: "SRV" },
        { service: "find", name: "find.internal", type: "both", prefer: "ipv6", port: 7_000 },
      ],
    });
    const lists =
      fixed?.type === "static"
        ? [...fixed.services].map(([name, list]) => [name, list.map(({ address, weight }) => [address, weight])])
        : [];
    expect(lists).toEqual([
      [
        "cart",
        [
          ["10.1.0.1:8080", 10],
          ["10.1.0.2:8080", 20],
          ["10.1.0.3:8080", 0],
        ],
      ],
      [
        "mysql",
        [
          ["[2001:db8::1]:3306", 100],
          ["[2001:db8::2]:3306", 100],
        ],
      ],
    ]);
  });

  test("says what it left out, each with its line and what to do, and the file says it too", () => {
    const { findings, text } = imported(SAMPLE);
    const lines = findings.map(formatFinding);
    for (const line of lines) expect(line).toMatch(/^haproxy\.cfg:\d+: (left out|differs): [^:]+.*: \S/);
    for (const line of lines) expect(text).toContain(`# ${line}`);
    expect(lines).toContain("haproxy.cfg:34: left out: cookie SRV insert: there is no session affinity");
    expect(lines.filter((line) => line.includes("log global"))).toHaveLength(1);
  });

  test("gives the same every time", () => {
    expect(imported(SAMPLE)).toEqual(imported(SAMPLE));
  });
});

describe("one line", () => {
  test.each<[string, object]>([
    ["balance leastconn", { lb: { policy: "least-request" } }],
    ["balance roundrobin", { lb: { policy: "round-robin" } }],
    ["balance source", { lb: { policy: "least-request" } }],
    ["mode http", { protocol: "http1" }],
    ["retries 9", { retries: { attempts: 3, budgetPercent: 20 } }],
    ["option httpchk", { check: { type: "http", path: "/" } }],
    ["option httpchk /up", { check: { path: "/up" } }],
    ["option httpchk GET /up HTTP/1.1\\r\\nHost:\\ www.example", { check: { path: "/up", host: "www.example" } }],
    ["default-server inter 500 rise 1 fall 7", { check: { intervalMs: 500, rise: 1, fall: 7 } }],
  ])("%s", (line, expected) => {
    expect(serviceB(backend(line))).toMatchObject(expected);
  });

  test("the rules of a check may stand before the check", () => {
    const lines = ["http-check expect status 204", "http-check send meth GET uri /n hdr Host h.example", "option httpchk"];
    expect(serviceB(backend(...lines))).toMatchObject({ check: { path: "/n", host: "h.example", status: { from: 204, to: 204 } } });
  });

  test.each([
    ["balance uri", /haproxy\.cfg:2: left out: balance uri/],
    ["http-check expect string ok", /left out: http-check expect string ok: what passes is a status/],
    ["http-check expect ! status 500", /left out: http-check expect ! status 500/],
    ["timeout tunnel 1h", /left out: timeout tunnel 1h: nothing to do/],
    ["http-request set-header X y", /Fairlead is no gateway/],
    ["option ldap-check", /no check of this protocol/],
    ["what is this", /left out: what is this: no counterpart/],
    ['timeout server "$T"', /left out: timeout server \$T: it depends on the environment variable T/],
    ["server two 10.0.0.2:443 ssl verify none", /server 10\.0\.0\.2:443: TLS to servers is not there yet/],
    ["server two 10.0.0.2:80 send-proxy", /server 10\.0\.0\.2:80: the PROXY protocol is not spoken/],
    ["server two 10.0.0.2:80 backup", /left out: server 10\.0\.0\.2:80/],
    ["server two 10.0.0.2", /left out: server 10\.0\.0\.2: it names no port/],
    ["server two 0.0.0.0:80", /this means every address of a machine/],
    ["server two 10.0.0.1:80", /already listed at haproxy\.cfg:2/],
    ["server two 10.0.0.999:80", /no IP address and no DNS name/],
    ["server two fd@3", /only TCP addresses/],
    ["server two x.example:80 resolvers none", /resolvers none: no section has this name/],
  ])("%s is said", (line, message) => {
    expect(said(backend(line)).join("\n")).toMatch(message);
    readImported(imported(backend(line)).text);
  });
});

describe("sections", () => {
  test("defaults reach what follows them, and a name those who ask for it", () => {
    const text =
      "defaults one\n mode http\ndefaults two from one\n retries 1\ndefaults\n mode tcp\nbackend b from two\n server s 10.0.0.1:80\nbackend c\n server s 10.0.0.1:80\n";
    const services = readImported(imported(text).text).settings.services as ReadonlyMap<string, object>;
    expect(services.get("b")).toMatchObject({ protocol: "http1", retries: { attempts: 1 } });
    expect(services.get("c")).toMatchObject({ protocol: "tcp" });
  });

  test("a port goes to one service, and never to one of our own", () => {
    const listen = (name: string, port: number) => `listen ${name}\n bind 127.0.0.1:${port}\n server s 10.0.0.1:80\n`;
    const lines = said(listen("a", 9_001) + listen("b", 9_001) + listen("c", 18_000)).join("\n");
    expect(lines).toMatch(/:5: left out: port 9001: it is the local port of a; choose another/);
    expect(lines).toMatch(/:8: left out: port 18000: Fairlead itself listens there by default/);
  });

  test("a listen with servers of its own routes nothing elsewhere", () => {
    const lines = said("listen a\n bind :80\n default_backend b\n use_backend c if x\n server s 10.0.0.1:80\n").join("\n");
    expect(lines).toMatch(/:3: left out: default_backend b: routing by content stays/);
    expect(lines).toMatch(/:4: left out: use_backend c if x: routing/);
  });

  test("what HAProxy has switched off, and what depends on a condition, stays out", () => {
    const { text, findings } = imported(
      "backend off\n disabled\n server s 10.0.0.1:80\n.if feature(X)\nbackend b\n server s 10.0.0.2:80\n.endif\n",
    );
    expect(readImported(text).settings.services.size).toBe(0);
    expect(findings.map(({ place }) => place)).toEqual([
      "haproxy.cfg:4",
      "haproxy.cfg:5",
      "haproxy.cfg:6",
      "haproxy.cfg:7",
      "haproxy.cfg:1",
    ]);
  });

  test("a name that is none here is changed, and said", () => {
    expect(said("backend Web_Shop!\n server s 10.0.0.1:80\n").join()).toMatch(/differs: service Web_Shop!: its name is web_shop/);
  });

  test.each([
    ["", "haproxy.cfg:1", /no section/],
    ["server a 10.0.0.1:80\n", "haproxy.cfg:1", /stands before any section/],
    ["backend b\n server 'a 10.0.0.1:80\n", "haproxy.cfg:2", /opened and not closed/],
    ["backend\n", "haproxy.cfg:1", /needs a name/],
    ["backend b from nobody\n", "haproxy.cfg:1", /no `defaults` of the name/],
  ])("%j cannot be read, and the place is said", (text, place, message) => {
    const result = importConfig("haproxy.cfg", text);
    expect(result.ok ? [] : result.error).toContainEqual({ place, message: expect.stringMatching(message) });
  });
});

test("whatever the text is: a configuration that passes the check, or problems with a place", () => {
  const word = fc.constantFrom(
    ...'backend listen frontend defaults resolvers global server server-template bind mode http tcp balance source option httpchk http-check expect status send uri timeout check from a b 10.0.0.1:80 x.y:80 _s._tcp.z :81 *:9001 [::1]:5 0 1 99999999999 200-100 1h "$V" \' # \\ \u0000 é nameserver ns1 10.0.0.2:53 weight -1 inter 0 rise 1000 fastinter 9d .if .endif default_backend use_backend disabled backup resolvers'.split(
      " ",
    ),
  );
  const line = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(line, { maxLength: 30 }).map((lines) => lines.join("\n")),
  );
  fc.assert(
    fc.property(text, (input) => {
      const result = importConfig("a\nb.cfg", input);
      if (result.ok) readImported(result.value.text);
      else for (const { place } of result.error) expect(place).toMatch(/:\d+/);
      if (result.ok) for (const { place } of result.value.findings) expect(place).toMatch(/:\d+/);
    }),
    { numRuns: 300 },
  );
});
