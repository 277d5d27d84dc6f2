import { RESOURCE_TYPES } from "@fairlead/proto";
import type { FleetReport, ServerReport } from "../fanout/fleet-protocol.js";
import { type PinnedScript, startPinnedScript } from "../fanout/pinned-script.js";
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

export interface BadClientFigures {
  /** With over without: from a change to the ACK of one of the others, the 99th percentile. */
  readonly p99: Readonly<Record<BadClient, number>>;
  /** With over without: CPU of the server for what the others are sent. */
  readonly cpu: Readonly<Record<BadClient, number>>;
}

/**
 * What one bad client, or a thousand silent ones, costs everybody else, in rounds of which one half is without and the other with them: the
 * median of the rounds' ratios. That of the CPU stands a busy machine.
 */
export async function measureBadClients({ streams, rounds }: BadClientOptions): Promise<BadClientFigures> {
  const server = startPinnedScript<ServerReport>("xds-server-main.js", 0, ["1", String(ENDPOINTS)]);
  const fleet = startPinnedScript<FleetReport>("xds-clients-main.js", 1, []);
  const { port } = await server.next("listening");
  fleet.send({ kind: "connect", port, streams, types: [RESOURCE_TYPES.assignment], names: ["c0"] });
  await fleet.next("synced");
  await push(server, streams);
  const p99 = {} as Record<BadClient, number>;
  const cpu = {} as Record<BadClient, number>;
  for (const kind of BAD_CLIENTS) {
    const bad = startPinnedScript<BadClientReport>("xds-bad-clients-main.js", 1, [kind, String(port)]);
    const ofRounds = await alternate(rounds, { bad, measure: () => push(server, streams) });
    p99[kind] = median(ofRounds.map(({ idle, beside }) => beside.ackP99Ms / idle.ackP99Ms));
    cpu[kind] = median(ofRounds.map(({ idle, beside }) => beside.cpuMicros / idle.cpuMicros));
    console.log(`${kind}: ${JSON.stringify(ofRounds)}`);
    await bad.end();
  }
  await Promise.all([fleet.end(), server.end()]);
  return { p99, cpu };
}

type Half = Pick<Extract<ServerReport, { kind: "pushed" }>, "ackP99Ms" | "cpuMicros">;

interface Round {
  readonly idle: Half;
  readonly beside: Half;
}

async function alternate(
  rounds: number,
  { bad, measure }: { readonly bad: PinnedScript<BadClientReport>; readonly measure: () => Promise<Half> },
): Promise<readonly Round[]> {
  const done: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const idle = await measure();
    bad.send({ act: true });
    await bad.next("acting");
    const beside = await measure();
    bad.send({ act: false });
    await bad.next("resting");
    done.push({ idle, beside });
  }
  return done;
}

async function push(server: PinnedScript<ServerReport>, streams: number): Promise<Half> {
  server.send({ kind: "push", rounds: PUSHES, streams });
  const { ackP99Ms, cpuMicros } = await server.next("pushed");
  return { ackP99Ms, cpuMicros };
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
