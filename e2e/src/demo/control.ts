// The demo's verbs, by key and by curl.

import { createServer } from "node:http";
import { freePort } from "../harness/ports.js";
import type { Stage } from "./stage.js";

export interface Verb {
  readonly key: string;
  readonly path: string;
  readonly what: string;
  run(stage: Stage): Promise<string>;
}

export const VERBS: readonly Verb[] = [
  {
    key: "k",
    path: "/kill",
    what: "kill -9 a backend",
    run: async (stage) => {
      const killed = await stage.killBackend();
      return killed === undefined ? "the last backend stays" : `killed ${killed.name}`;
    },
  },
  { key: "a", path: "/add", what: "add a backend", run: async (stage) => `added ${(await stage.addBackend()).name}` },
  {
    key: "c",
    path: "/control-plane",
    what: "stop the control plane, or start it again",
    run: async (stage) => {
      if (stage.controlPlaneRuns) await stage.killControlPlane();
      else await stage.startControlPlane();
      return `the control plane ${stage.controlPlaneRuns ? "runs" : "is stopped"}`;
    },
  },
];

/** Listens on the loopback interface for `curl -X POST`. Returns its port. */
export async function serveVerbs(perform: (verb: Verb) => Promise<string>): Promise<{ readonly port: number; close(): void }> {
  const port = await freePort();
  const server = createServer((request, response) => {
    const verb = VERBS.find(({ path }) => request.method === "POST" && request.url === path);
    if (verb === undefined) {
      response.writeHead(404).end(`POST one of ${VERBS.map(({ path }) => path).join(", ")}\n`);
      return;
    }
    perform(verb).then(
      (said) => response.end(`${said}\n`),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { port, close: () => server.close() };
}
