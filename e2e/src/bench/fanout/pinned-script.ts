import { join } from "node:path";
import { repositoryTop } from "../../harness/paths.js";
import { type Process, startProcess } from "../../harness/processes.js";
import { GiveUp, until } from "../../harness/until.js";

/** A Node script of the xDS benches in a process of its own, ordered and reporting over the message channel. */
export interface PinnedScript<Report extends { readonly kind: string }> {
  readonly pid: number;
  send(order: object): void;
  /** The next report of a kind. Those of other kinds wait for whoever asks for them. */
  next<Kind extends Report["kind"]>(kind: Kind): Promise<Extract<Report, { kind: Kind }>>;
  /** SIGTERM: what a profile needs in order to be written. */
  end(): Promise<void>;
}

const REPORT_TIMEOUT_MS = 300_000;

/** Bound to one core. `E2E_NODE` names another Node to run it. */
export function startPinnedScript<Report extends { readonly kind: string }>(
  script: string,
  core: number,
  args: readonly string[],
): PinnedScript<Report> {
  const reports: Report[] = [];
  const node = process.env["E2E_NODE"] ?? process.execPath;
  // BENCH_NODE_ARGS="--cpu-prof" says where the time goes.
  const nodeArgs = ["--expose-gc", ...(process.env["BENCH_NODE_ARGS"]?.split(" ") ?? [])];
  const child: Process = startProcess({
    name: script,
    command: "taskset",
    args: ["-c", String(core), node, ...nodeArgs, join(repositoryTop, "e2e/dist/bench", script), ...args],
    onMessage: (message) => reports.push(message as Report),
  });
  return {
    pid: child.pid,
    send: (order) => child.send(order),
    next: <Kind extends Report["kind"]>(kind: Kind) =>
      until(
        `${script} to report "${kind}"`,
        () => {
          if (child.exit() !== undefined) throw new GiveUp(`${script} ended:\n${child.output()}`);
          const index = reports.findIndex((each) => each.kind === kind);
          return index < 0 ? undefined : (reports.splice(index, 1)[0] as Extract<Report, { kind: Kind }>);
        },
        { timeoutMs: REPORT_TIMEOUT_MS, everyMs: 5 },
      ),
    end: async () => void (await child.kill("SIGTERM")),
  };
}
