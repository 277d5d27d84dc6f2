import { join } from "node:path";
import { repositoryTop } from "../../harness/paths.js";
import { freePort } from "../../harness/ports.js";
import { startNode } from "../../harness/processes.js";
import { until } from "../../harness/until.js";
import type { ResponderReport } from "./responder-protocol.js";

/** A DNS server in a process of its own, quick enough never to be what is measured. */
export interface Responder {
  readonly address: string;
  /** What it counted since the last call. */
  counted(): Promise<ResponderReport>;
  stop(): Promise<void>;
}

export async function startResponder(options: { readonly ttlSeconds: number; readonly bigRecords: number }): Promise<Responder> {
  const port = await freePort();
  const reports: ResponderReport[] = [];
  const args = [port, options.ttlSeconds, options.bigRecords].map(String);
  const child = startNode(join(repositoryTop, "e2e/dist/bench/dns-responder-main.js"), args, {
    name: "dns responder",
    onMessage: (message) => reports.push(message as ResponderReport),
  });
  const next = () => until("a report of the responder", () => reports.shift());
  await next();
  return {
    address: `127.0.0.1:${port}`,
    counted: () => {
      child.send({});
      return next();
    },
    stop: async () => void (await child.kill()),
  };
}
