import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Answer, RecordType } from "dns-packet";
import { askDns, type DnsReply } from "./dns-question.js";
import { freePort } from "./ports.js";
import { type Process, startProcess } from "./processes.js";
import { temporaryFolder } from "./teardown.js";
import { GiveUp, until } from "./until.js";

/** A real, authoritative DNS server (knot) on 127.0.0.1 with one zone that can be edited while it runs. */
export type DnsServer = {
  readonly port: number;
  /** host:port, as it goes into a config. */
  readonly address: string;
  readonly zone: string;
  /**
   * Makes these the only records of a name and type, in one step (a reader sees the old set or the new one). No values
   * takes the set away. A name without a dot at its end is within the zone: "find" is find.test.
   */
  set(name: string, type: RecordType, values: readonly string[], ttlSeconds?: number): Promise<void>;
  /** Asks this server over UDP, as a client would. */
  ask(name: string, type: RecordType): Promise<DnsReply>;
  /** Ends the server; SIGKILL by default. Zone and port stay for start. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP: questions stay without an answer. */
  suspend(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
};

/** Starts a server for the zone and waits until it answers. */
export async function startDnsServer(zone = "test."): Promise<DnsServer> {
  const port = await freePort();
  const folder = temporaryFolder("dns");
  const config = join(folder, "knot.conf");
  mkdirSync(join(folder, "run"));
  writeFileSync(config, configOf(port, folder, zone));
  writeFileSync(join(folder, "zone"), `@ 60 IN SOA ns admin 1 3600 600 86400 1\n@ 60 IN NS ns\nns 60 IN A 127.0.0.1\n`);
  let server: Process;

  const ask = (name: string, type: RecordType): Promise<DnsReply> => askDns(port, absolute(name, zone), type);
  const start = async (): Promise<void> => {
    server = startProcess({ name: `knotd :${port}`, command: "/usr/sbin/knotd", args: ["--config", config] });
    await until(
      `knotd on ${port} to answer`,
      async () => {
        if (server.exit() !== undefined) throw new GiveUp(`knotd ended:\n${server.output()}`);
        return (await ask(zone, "SOA")).answers.length > 0;
      },
      { timeoutMs: 20_000 },
    );
  };
  await start();
  return {
    port,
    address: `127.0.0.1:${port}`,
    zone,
    set: (name, type, values, ttlSeconds = 1) => edit(config, zone, { name: absolute(name, zone), type, values, ttlSeconds }),
    ask,
    stop: async (signal = "SIGKILL") => {
      await server.kill(signal);
    },
    start,
    suspend: () => server.suspend(),
    resume: () => server.resume(),
  };
}

/** The values of the answers as text, sorted: records come in any order. */
export function addressesIn(answers: readonly Answer[]): string[] {
  return answers.flatMap((answer) => (answer.type === "A" || answer.type === "AAAA" ? [answer.data] : [])).sort();
}

function absolute(name: string, zone: string): string {
  return name.endsWith(".") ? name : `${name}.${zone}`;
}

function configOf(port: number, folder: string, zone: string): string {
  return `
server:
  rundir: ${folder}/run
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
control:
  listen: ${folder}/run/control
log:
  - target: stderr
    any: info
database:
  storage: ${folder}/run
zone:
  - domain: ${zone}
    storage: ${folder}
    file: zone
`;
}

type RecordSet = { readonly name: string; readonly type: RecordType; readonly values: readonly string[]; readonly ttlSeconds: number };

async function edit(config: string, zone: string, records: RecordSet): Promise<void> {
  const knotc = (...args: string[]) => runFile("/usr/sbin/knotc", ["--config", config, ...args], { timeout: 10_000 });
  await knotc("zone-begin", zone);
  try {
    // Taking away a set that is not there is an error for knot, and what was wanted for us.
    await knotc("zone-unset", zone, records.name, records.type).catch(() => undefined);
    for (const value of records.values) {
      await knotc("zone-set", zone, records.name, String(records.ttlSeconds), records.type, value);
    }
    await knotc("zone-commit", zone);
  } catch (error) {
    await knotc("zone-abort", zone).catch(() => undefined);
    throw error;
  }
}

const runFile = promisify(execFile);
