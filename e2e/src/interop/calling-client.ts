// Foreign xDS clients that call several services for as long as a test wants. A further kind of gRPC client needs a program that
// speaks the lines below, and an entry in GRPC_CLIENTS.
//
//   in   call SERVICE             call xds:///SERVICE, method /demo.Echo/Say, every 25 ms with a deadline of 10 s
//        stop SERVICE             finish the call in flight and close the channel
//   out  ok SERVICE BACKEND       a call was answered by this backend
//        failed SERVICE REASON    it was not
//        stopped SERVICE          after `stop`

import { fileURLToPath } from "node:url";
import { httpRequest } from "../harness/http-request.js";
import { preparedServers, repositoryTop } from "../harness/paths.js";
import { type Process, startNode } from "../harness/processes.js";
import { type GrpcBootstrap, grpcBootstrap, startPython } from "../harness/python.js";
import { stopLater } from "../harness/teardown.js";
import { GiveUp, until } from "../harness/until.js";
import { startGrpcGo } from "./grpc-client-kinds.js";

export interface CallingClient {
  readonly name: string;
  /** Calls the service over and over from now on. Resolves when somebody has answered. */
  call(service: string): Promise<void>;
  /** Resolves when nothing is in flight any more. */
  stop(service: string): Promise<void>;
  readonly answers: Answers;
}

/** Enough that a backend with a twentieth of the weight is among them. */
const RECENT = 200;

/** What came of the calls of one client. */
export class Answers {
  /** Service and reason of each failed call, with its time on the clock of `performance.now()`. */
  readonly failures: string[] = [];
  count = 0;
  readonly #recent = new Map<string, string[]>();
  readonly #counts = new Map<string, number>();

  ok(service: string, backend: string): void {
    this.count += 1;
    this.#counts.set(service, this.countOf(service) + 1);
    const recent = this.#recent.get(service) ?? [];
    recent.push(backend);
    if (recent.length > RECENT) recent.shift();
    this.#recent.set(service, recent);
  }

  failed(service: string, reason: string): void {
    this.failures.push(`${Math.round(performance.now())} ms: ${service}: ${reason}`);
  }

  /** Calls to a service that were answered. */
  countOf(service: string): number {
    return this.#counts.get(service) ?? 0;
  }

  /** Who answered the last calls to a service since it was forgotten last, oldest first. */
  recent(service: string): readonly string[] {
    return this.#recent.get(service) ?? [];
  }

  forget(service: string): void {
    this.#recent.delete(service);
  }
}

export interface GrpcClientKind {
  readonly name: string;
  start(bootstrap: GrpcBootstrap, onLine: (line: string) => void): Process;
}

export const GRPC_CLIENTS: readonly GrpcClientKind[] = [
  {
    name: "grpc-js-xds",
    start: (bootstrap, onLine) =>
      startNode(`${repositoryTop}/e2e/dist/interop/grpc-js-xds-caller-main.js`, [], {
        name: "grpc-js-xds",
        env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) },
        onLine,
      }),
  },
  {
    name: "C-core",
    start: (bootstrap, onLine) =>
      startPython(fileURLToPath(new URL("../../src/interop/grpc_caller.py", import.meta.url)), [], bootstrap, { onLine }),
  },
  // grpc-java 1.85 is not among them: a change of the balancing policy under a call can leave that call without an end (it reports LOST).
  ...(preparedServers().grpcGo.ok ? [{ name: "grpc-go", start: startGo }] : []),
];

function startGo(bootstrap: GrpcBootstrap, onLine: (line: string) => void): Process {
  return startGrpcGo([], bootstrap, { onLine });
}

const START = { timeoutMs: 45_000 };

/** Starts a gRPC client whose node id is its name. */
export function startGrpcCaller(kind: GrpcClientKind, xdsPort: number): CallingClient {
  const answers = new Answers();
  const stopped = new Set<string>();
  const child = kind.start(grpcBootstrap(xdsPort, kind.name), (line) => {
    const [, what, service = "", rest = ""] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
    if (what === "ok") answers.ok(service, rest);
    else if (what === "failed") answers.failed(service, rest);
    else if (what === "stopped") stopped.add(service);
  });
  const alive = (): true => {
    if (child.exit() !== undefined) throw new GiveUp(`${kind.name} ended:\n${child.output()}`);
    return true;
  };
  return {
    name: kind.name,
    answers,
    call: async (service) => {
      stopped.delete(service);
      answers.forget(service);
      child.writeLine(`call ${service}`);
      await until(`${kind.name} to reach ${service}`, () => alive() && answers.recent(service).length > 0, START);
    },
    stop: async (service) => {
      child.writeLine(`stop ${service}`);
      await until(`${kind.name} to stop calling ${service}`, () => alive() && stopped.has(service), START);
    },
  };
}

const HTTP_PACE_MS = 20;
const HTTP_DEADLINE_MS = 10_000;

/**
 * Calls services on their local ports, each request on a connection of its own. Several Envoys on one machine listen there at once
 * (SO_REUSEPORT, which Envoy sets by itself on Linux), and the kernel deals the connections out among them.
 */
export function httpCaller(name: string, portOf: (service: string) => number): CallingClient {
  const answers = new Answers();
  const running = new Map<string, Promise<void>>();
  const called = new Set<string>();
  const keepCalling = async (service: string): Promise<void> => {
    while (called.has(service)) {
      try {
        const { status, headers, body } = await httpRequest({ port: portOf(service), path: "/", timeoutMs: HTTP_DEADLINE_MS });
        if (status === 200) answers.ok(service, String(headers["x-backend"]));
        else answers.failed(service, `${status} ${body.trim()}`);
      } catch (error) {
        answers.failed(service, String(error));
      }
      await new Promise((resolve) => setTimeout(resolve, HTTP_PACE_MS));
    }
  };
  stopLater({ name, stop: () => called.clear() });
  return {
    name,
    answers,
    call: async (service) => {
      answers.forget(service);
      called.add(service);
      running.set(service, keepCalling(service));
      await until(`${name} to reach ${service}`, () => answers.recent(service).length > 0, START);
    },
    stop: async (service) => {
      called.delete(service);
      await running.get(service);
    },
  };
}
