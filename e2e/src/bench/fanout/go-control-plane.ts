import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Prepared, repositoryTop } from "../../harness/paths.js";
import { type Process, startProcess } from "../../harness/processes.js";
import { GiveUp, until } from "../../harness/until.js";

/** What e2e/peers/go-control-plane reports: of what our own server does, as much as it can say. */
type PeerReport =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "measured"; readonly rssBytes: number }
  | { readonly kind: "pushed"; readonly pushes: number; readonly cpuMicros: number };

/** go-control-plane as a server of this bench. It understands the orders of fleet-protocol.ts. */
export interface Peer {
  send(order: object): void;
  next<Kind extends PeerReport["kind"]>(kind: Kind): Promise<Extract<PeerReport, { kind: Kind }>>;
  end(): Promise<void>;
}

/** Builds it where Go is installed and its modules can be had; elsewhere says why not. Shows how far it is. */
export function buildGoControlPlane(): Prepared {
  const prepare = [join(repositoryTop, "e2e/prepare.mjs"), "--go-control-plane"];
  const { stdout, status } = spawnSync(process.execPath, prepare, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return status === 0 ? (JSON.parse(stdout) as Prepared) : { ok: false, reason: `${prepare.join(" ")} ended with ${status}` };
}

/** With one of its two caches, on one core and with one thread for Go code, as our server has one for JavaScript. */
export function startGoControlPlane(path: string, cache: "snapshot" | "linear", core: number, endpoints: number): Peer {
  const child: Process = startProcess({
    name: `go-control-plane ${cache}`,
    command: "taskset",
    args: ["-c", String(core), path, cache, String(endpoints)],
    env: { GOMAXPROCS: "1" },
  });
  let read = 0;
  const take = <Kind extends PeerReport["kind"]>(kind: Kind) => {
    if (child.exit() !== undefined) throw new GiveUp(`${child.name} ended:\n${child.output()}`);
    const line = child.lines()[read];
    if (line === undefined) return undefined;
    read += 1;
    const report = JSON.parse(line) as PeerReport;
    if (report.kind !== kind) throw new GiveUp(`${child.name} reported ${line} instead of "${kind}"`);
    return report as Extract<PeerReport, { kind: Kind }>;
  };
  return {
    send: (order) => child.writeLine(JSON.stringify(order)),
    next: (kind) => until(`${child.name} to report "${kind}"`, () => take(kind), { timeoutMs: 300_000 }),
    end: async () => void (await child.kill()),
  };
}
