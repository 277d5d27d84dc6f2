import { RESOURCE_TYPES } from "@fairlead/proto";
import type { FleetReport, ServerReport } from "../fanout/fleet-protocol.js";
import { type Helper, startHelper } from "../fanout/helper.js";
import { percentile } from "../percentile.js";
import { BAD_CLIENTS, type BadClient, type BadClientReport } from "./bad-clients-protocol.js";

const ENDPOINTS = 100;
/** Changes in each half of a round. */
const PUSHES = 20;

export interface BadClientOptions {
  /** Well-behaved sidecars beside it. */
  readonly streams: number;
  readonly rounds: number;
}

/**
 * What one bad client, or a thousand silent ones, costs everybody else: from a change to each one's ACK, the 99th percentile, in rounds of
 * which one half is without and the other with them; the median over the rounds of with over without.
 */
export async function measureBadClients({ streams, rounds }: BadClientOptions): Promise<Readonly<Record<BadClient, number>>> {
  const server = startHelper<ServerReport>("xds-server-main.js", 0, ["1", String(ENDPOINTS)]);
  const fleet = startHelper<FleetReport>("xds-clients-main.js", 1, []);
  const { port } = await server.next("listening");
  fleet.send({ kind: "connect", port, streams, types: [RESOURCE_TYPES.assignment], names: ["c0"] });
  await fleet.next("synced");
  await ackP99Ms(server, streams);
  const ratios = {} as Record<BadClient, number>;
  for (const kind of BAD_CLIENTS) {
    const bad = startHelper<BadClientReport>("xds-bad-clients-main.js", 1, [kind, String(port)]);
    const ofRounds = await alternate(rounds, { bad, p99Ms: () => ackP99Ms(server, streams) });
    ratios[kind] = median(ofRounds.map(({ idleMs, badMs }) => badMs / idleMs));
    console.log(`${kind}: ${JSON.stringify(ofRounds)}`);
    await bad.end();
  }
  await Promise.all([fleet.end(), server.end()]);
  return ratios;
}

interface Round {
  readonly idleMs: number;
  readonly badMs: number;
}

async function alternate(
  rounds: number,
  { bad, p99Ms }: { readonly bad: Helper<BadClientReport>; readonly p99Ms: () => Promise<number> },
): Promise<readonly Round[]> {
  const done: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const idleMs = await p99Ms();
    bad.send({ act: true });
    await bad.next("acting");
    const badMs = await p99Ms();
    bad.send({ act: false });
    await bad.next("resting");
    done.push({ idleMs, badMs });
  }
  return done;
}

async function ackP99Ms(server: Helper<ServerReport>, streams: number): Promise<number> {
  server.send({ kind: "push", rounds: PUSHES, streams });
  return (await server.next("pushed")).ackP99Ms;
}

function median(values: readonly number[]): number {
  return (
    Math.round(
      percentile(
        values.map((value) => value * 100),
        50,
      ),
    ) / 100
  );
}
