import { Cell, fail, newMetrics, ok, type Result, type ServiceName, seeded, serviceName } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { type Answer, decode, encode, type RecordType } from "dns-packet";
import type { DnsNameSettings, DnsSourceSettings } from "../../../config/index.js";
import { newDnsMetrics } from "../dns-metrics.js";
import { dnsSource } from "../dns-source.js";
import { QueryBudget } from "../query-budget.js";
import type { DnsTransport } from "../transport.js";

export const RESOLVER = "10.0.0.2:53";
export const OTHER_RESOLVER = "10.0.0.3:53";

const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

/** What a server says to a question. */
export interface Reply {
  readonly rcode?: keyof typeof RCODES;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly truncated?: boolean;
}

export interface Asked {
  readonly server: string;
  readonly protocol: "udp" | "tcp";
  readonly name: string;
  readonly type: RecordType;
  readonly edns: boolean;
  readonly atMs: number;
}

export function address(name: string, ip: string, ttl = 30): Answer {
  return { type: ip.includes(":") ? "AAAA" : "A", name, ttl, data: ip };
}

export function alias(name: string, target: string, ttl = 30): Answer {
  return { type: "CNAME", name, ttl, data: target };
}

export function srv(name: string, [priority, weight, port, target]: readonly [number, number, number, string], ttl = 30): Answer {
  return { type: "SRV", name, ttl, data: { priority, weight, port, target } };
}

export function soa(ttl: number, minimum: number): Answer {
  return {
    type: "SOA",
    name: "example",
    ttl,
    data: { mname: "ns.example", rname: "host.example", serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
  };
}

/** The bytes of a reply to `query`. */
export function replyTo(query: Buffer, reply: Reply): Buffer {
  const { id, questions } = decode(query);
  return encode({
    type: "response",
    ...(id === undefined ? {} : { id }),
    flags: RCODES[reply.rcode ?? "NOERROR"] | (reply.truncated === true ? 0x0200 : 0),
    ...(questions === undefined ? {} : { questions }),
    answers: [...(reply.answers ?? [])],
    authorities: [...(reply.authorities ?? [])],
  });
}

/** Servers in memory. `say` decides the reply to each question; a text is a failure of the transport. */
export class FakeResolver implements DnsTransport {
  readonly asked: Asked[] = [];
  say: (asked: Asked) => Reply | string = () => ({ rcode: "NXDOMAIN" });
  /** While set, replies wait for `release`. */
  holding = false;
  readonly #held: (() => void)[] = [];
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async exchange(server: string, query: Buffer, protocol: "udp" | "tcp"): Promise<Result<Buffer>> {
    const { questions, additionals } = decode(query);
    const question = questions?.[0];
    const asked: Asked = {
      server,
      protocol,
      name: question?.name ?? "",
      type: question?.type ?? "A",
      edns: additionals?.some(({ type }) => type === "OPT") === true,
      atMs: this.#clock.nowMs(),
    };
    this.asked.push(asked);
    if (this.holding) await new Promise<void>((resolve) => this.#held.push(resolve));
    const reply = this.say(asked);
    return typeof reply === "string" ? fail(reply) : ok(replyTo(query, reply));
  }

  get held(): number {
    return this.#held.length;
  }

  release(): void {
    for (const resume of this.#held.splice(0)) resume();
  }
}

export function nameOf(text: string): ServiceName {
  const name = serviceName(text);
  if (!name.ok) throw new Error(name.error);
  return name.value;
}

export function dnsName(service: string, name: string, port = 80, type: DnsNameSettings["type"] = "A"): DnsNameSettings {
  return { service: nameOf(service), name, type, port: type === "SRV" ? undefined : port, prefer: undefined };
}

/** The defaults of the schema. */
export const DNS_DEFAULTS = { queriesPerSecond: 4_000, minTtlMs: 1_000, maxTtlMs: 60_000, maxStaleMs: 86_400_000 };

export interface UnderTest {
  /** Empty: those of the system. */
  readonly resolvers?: readonly string[];
  readonly settings?: Partial<DnsSourceSettings>;
}

/** A source over resolvers in memory; `say` is in force before it asks for the first time. */
export function dnsUnderTest(
  names: readonly DnsNameSettings[],
  say: FakeResolver["say"],
  { resolvers = [RESOLVER], settings = {} }: UnderTest = {},
) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const resolver = new FakeResolver(clock);
  resolver.say = say;
  const systemResolvers = new Cell<readonly string[]>(["10.9.9.9:53"]);
  let id = 0;
  const source = dnsSource({
    settings: { type: "dns", name: "dns", resolvers, ...DNS_DEFAULTS, ...settings, names },
    systemResolvers,
    budget: new QueryBudget(clock, metrics),
    transport: resolver,
    nextQueryId: () => (id = (id + 7_919) % 65_536),
    clock,
    rng: seeded(3),
    log,
    metrics: newDnsMetrics(metrics),
  });
  /** Lets answers be heard and published, then moves time in steps that are no latency to speak of. */
  const pass = async (ms = 0) => {
    for (let goneMs = 0; ; ) {
      for (let turn = 0; turn < (goneMs === 0 || goneMs >= ms ? 40 : 6); turn++) await Promise.resolve();
      clock.advance(0);
      if (goneMs >= ms) return;
      const stepMs = Math.min(5, ms - goneMs);
      clock.advance(stepMs);
      goneMs += stepMs;
    }
  };
  return {
    clock,
    log,
    metrics,
    resolver,
    systemResolvers,
    source,
    pass,
    reading: (service = "shop") => source.services.value.get(nameOf(service)),
  };
}
