import type { BackendOrder, BackendReport, Behaviour, Health } from "./backend-protocol.js";
import { built } from "./paths.js";
import { freePort } from "./ports.js";
import { type Exit, startNode } from "./processes.js";
import { GiveUp, until } from "./until.js";

/** An HTTP backend in a process of its own. Its answers carry its name, in the body and in the header x-backend. */
export type Backend = {
  readonly name: string;
  readonly port: number;
  /** host:port, as a source lists it. */
  readonly address: string;
  readonly url: string;
  readonly pid: number;
  /** Changes what /healthz says; resolves when it does. */
  setHealth(health: Health): Promise<void>;
  /** Changes what requests get (health checks are not requests); resolves when they do. */
  behave(behaviour: Behaviour): Promise<void>;
  /** The requests that have arrived so far; still there when the process was killed. */
  seen(): Seen;
  /** Ends it, SIGKILL by default: connections break, the port refuses. */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
  /** SIGSTOP: connections open, nothing answers. */
  suspend(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
};

/** Requests counted at a backend: all of them, and those with an x-request-id by that id. */
export type Seen = { readonly total: number; readonly byId: ReadonlyMap<string, number> };

/** No run sends more; beyond it only the total is counted. */
const maxIds = 2_000_000;

/** Starts a backend and waits until it listens. Give the port of one that was killed to bring it back. */
export async function startBackend(options: {
  readonly name: string;
  readonly port?: number;
  /** Where it listens; default 127.0.0.1. "0.0.0.0" or "::" is every address of the loopback networks (Linux): one backend behind thousands of endpoints. */
  readonly host?: string;
  readonly nodePath?: string;
  /** See `NodeOptions`. */
  readonly within?: readonly string[];
}): Promise<Backend> {
  const port = options.port ?? (await freePort());
  const byId = new Map<string, number>();
  let total = 0;
  let listening = false;
  const orders = new Map<number, () => void>();
  const child = startNode(built.backend, [options.name, String(port), options.host ?? "127.0.0.1"], {
    name: `backend ${options.name}`,
    ...(options.nodePath === undefined ? {} : { nodePath: options.nodePath }),
    ...(options.within === undefined ? {} : { within: options.within }),
    onMessage: (message) => {
      const report = message as BackendReport;
      if (report.kind === "listening") listening = true;
      else if (report.kind === "obeyed") orders.get(report.order)?.();
      else {
        total += 1;
        if (report.id !== undefined && (byId.size < maxIds || byId.has(report.id))) byId.set(report.id, (byId.get(report.id) ?? 0) + 1);
      }
    },
  });
  await until(`backend ${options.name} to listen on ${port}`, () => {
    if (child.exit() !== undefined) throw new GiveUp(`backend ${options.name} ended:\n${child.output()}`);
    return listening;
  });
  let lastOrder = 0;
  const order = (what: Omit<BackendOrder, "order">): Promise<void> => {
    const number = ++lastOrder;
    child.send({ ...what, order: number });
    const obeyed = new Promise<void>((resolve) => orders.set(number, resolve));
    const ended = child.exited.then(() => Promise.reject(new Error(`backend ${options.name} has ended`)));
    return Promise.race([obeyed, ended]).finally(() => orders.delete(number));
  };
  return {
    name: options.name,
    port,
    address: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    setHealth: (health) => order({ health }),
    behave: (behaviour) => order({ behaviour }),
    seen: () => ({ total, byId }),
    kill: (signal = "SIGKILL") => child.kill(signal),
    suspend: () => child.suspend(),
    resume: () => child.resume(),
  };
}
