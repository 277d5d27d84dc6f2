import { readSettings } from "@fairlead/control-plane/config";
import { dnsSource, newDnsMetrics, QueryBudget } from "@fairlead/control-plane/discovery/dns";
import { Cell, newMetrics, ok, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { type DecodedPacket, decode, encode } from "dns-packet";
import { percentile } from "../percentile.js";

const REFRESHES = 60;
const TTL_S = 5;

/** Milliseconds that one refresh of a name with `records` addresses takes without network and process: query, decoding, difference. */
export async function measureDiffMs(records: number): Promise<number> {
  const clock = new FakeClock();
  const rng = seeded(1);
  const metrics = newMetrics();
  const addresses = Array.from({ length: records }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  let prepared: Buffer = Buffer.alloc(0);
  const source = dnsSource({
    settings: settings(),
    systemResolvers: new Cell<readonly string[]>([]),
    transport: {
      exchange: (_server, query) => {
        const reply = Buffer.from(prepared);
        query.copy(reply, 0, 0, 2);
        return Promise.resolve(ok(reply));
      },
    },
    nextQueryId: () => 7,
    budget: new QueryBudget(clock, metrics),
    clock,
    rng,
    log: new RecordedLog(),
    metrics: newDnsMetrics(metrics),
  });
  const tookMs: number[] = [];
  for (let refresh = 0; refresh < REFRESHES; refresh++) {
    prepared = reply(
      addresses
        .map((address) => [rng.next(), address] as const)
        .sort(([one], [other]) => one - other)
        .map(([, address]) => address),
    );
    const beganMs = performance.now();
    clock.advance(TTL_S * 1_000);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    tookMs.push(performance.now() - beganMs);
  }
  const reading = [...source.services.value.values()][0];
  if (reading?.kind !== "seen" || reading.reading.endpoints.size !== records)
    throw new Error(`read ${JSON.stringify(reading)?.slice(0, 300)}`);
  await source.close();
  return percentile(tookMs.slice(REFRESHES / 3), 50);
}

function settings() {
  const text = `
id: cp-1
stateDir: /state
sources:
  - { name: dns, type: dns, resolvers: ["10.0.0.1:53"], names: [ { service: big, name: big.test., type: A, port: 8080 } ] }
`;
  const read = readSettings({ main: { file: "cp.yaml", text }, environment: {}, included: [], resolve: (path) => path });
  const source = read.ok ? read.value.settings.sources[0] : undefined;
  if (source?.type !== "dns") throw new Error(`the bench's own configuration is refused: ${JSON.stringify(read)}`);
  return source;
}

function reply(addresses: readonly string[]): Buffer {
  const name = "big.test";
  const packet: Partial<DecodedPacket> = {
    type: "response",
    id: 7,
    questions: [{ type: "A", name }],
    answers: addresses.map((data) => ({ type: "A", name, ttl: TTL_S, data })),
  };
  // The library writes whole names: over the limit of a message, but never sent as one.
  const bytes = encode(packet as Parameters<typeof encode>[0]);
  if (decode(bytes).answers?.length !== addresses.length) throw new Error("the bench's own answer cannot be read");
  return bytes;
}
