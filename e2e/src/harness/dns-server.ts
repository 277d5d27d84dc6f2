import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Answer, RecordType } from "dns-packet";
import { askDns, type DnsReply } from "./dns-question.js";
import { bind, knot } from "./dns-server-programs.js";
import { DnsZone, type RecordSet } from "./dns-zone.js";
import { freePort } from "./ports.js";
import { type Process, startProcess } from "./processes.js";
import { temporaryFolder } from "./teardown.js";
import { GiveUp, until } from "./until.js";

/** A real, authoritative DNS server on 127.0.0.1 with one zone that can be edited while it runs. */
export type DnsServer = {
  readonly port: number;
  /** host:port, as it goes into a config. */
  readonly address: string;
  readonly zone: string;
  /**
   * Makes these the only records of a name and type, in one step (a reader sees the old set or the new one). No values
   * takes the set away. A name without a dot at its end is within the zone: "find" is find.test. Resolves when the new
   * zone is served.
   */
  set(name: string, type: RecordType, values: readonly string[], ttlSeconds?: number): Promise<void>;
  /** The same for many sets, in one step. */
  setAll(sets: readonly RecordSet[]): Promise<void>;
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

/** Which server, and how. */
export type DnsServerOptions = {
  /** Default knot, whose answers are always the same; bind reorders them and truncates in the middle. */
  readonly program?: "knot" | "bind";
  /** Absolute, with its dot; default "test." */
  readonly zone?: string;
  /** What it serves from the start. */
  readonly sets?: readonly RecordSet[];
  /** Longer answers over UDP are truncated; default 1232. */
  readonly udpBytes?: number;
};

const programs = { knot, bind } as const;

/** Starts a server for the zone and waits until it answers. */
export async function startDnsServer(options: DnsServerOptions = {}): Promise<DnsServer> {
  const { program = "knot", sets = [], udpBytes = 1_232 } = options;
  const zone = new DnsZone(options.zone ?? "test.");
  const port = await freePort();
  const folder = temporaryFolder("dns");
  const { start: startCommand, reload } = programs[program]({ folder, port, controlPort: await freePort(), zone: zone.name, udpBytes });
  let server: Process;

  const ask = (name: string, type: RecordType): Promise<DnsReply> => askDns(port, zone.absolute(name), type);
  const untilServed = (): Promise<unknown> =>
    until(
      `${program} on ${port} to serve serial ${zone.serial}`,
      async () => {
        if (server.exit() !== undefined) throw new GiveUp(`${program} ended:\n${server.output()}`);
        return (await ask(zone.name, "SOA")).answers.some((answer) => answer.type === "SOA" && answer.data.serial === zone.serial);
      },
      { timeoutMs: 60_000, everyMs: 5 },
    );
  const start = async (): Promise<void> => {
    server = startProcess({ name: `${program} :${port}`, ...startCommand });
    await untilServed();
  };
  const setAll = async (changed: readonly RecordSet[]): Promise<void> => {
    zone.change(changed);
    writeFileSync(join(folder, "zone"), zone.text());
    if (server.exit() !== undefined) return; // it reads the file when it starts
    await runFile(reload.command, [...reload.args], { timeout: 30_000 });
    await untilServed();
  };
  zone.change(sets);
  writeFileSync(join(folder, "zone"), zone.text());
  await start();
  return {
    port,
    address: `127.0.0.1:${port}`,
    zone: zone.name,
    set: (name, type, values, ttlSeconds = 1) => setAll([{ name, type, values, ttlSeconds }]),
    setAll,
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

const runFile = promisify(execFile);
