// What many sites run: a watcher that believes ZooKeeper, and a proxy that uses its list.

import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { freePort } from "../../harness/ports.js";
import { stopLater } from "../../harness/teardown.js";
import type { ZooKeeperSession } from "../../harness/zookeeper-client.js";

const RETRY_MS = 100;

export interface PlainProxy {
  readonly port: number;
  /** Addresses of the last list. */
  readonly addresses: () => readonly string[];
}

/** Follows the children of a path and applies each list at once; requests go round them in turn, to nobody when there is none. */
export async function startPlainProxy(session: ZooKeeperSession, path: string): Promise<PlainProxy> {
  let addresses: readonly string[] = [];
  let turn = 0;
  let stopped = false;
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, response) => {
    const address = addresses[turn++ % Math.max(1, addresses.length)];
    if (address === undefined) response.writeHead(503).end("nobody is registered\n");
    else pass(incoming, response, { agent, address });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const stop = () => {
    stopped = true;
    agent.destroy();
    server.close().closeAllConnections();
  };
  stopLater({ name: `plain proxy of ${path}`, stop });
  void follow(async () => {
    const { fired } = await session.watchChildren(path);
    const names = await session.children(path);
    addresses = await Promise.all(names.map((name) => session.get(`${path}/${name}`)));
    await fired;
  });
  return { port, addresses: () => addresses };

  /** A read that failed, because the server was away or a child went meanwhile, is done again. */
  async function follow(once: () => Promise<void>): Promise<void> {
    while (!stopped) await once().catch(() => new Promise((resolve) => setTimeout(resolve, RETRY_MS)));
  }
}

function pass(incoming: IncomingMessage, response: ServerResponse, { agent, address }: { agent: Agent; address: string }): void {
  const [host, port] = address.split(":");
  const { method, url, headers } = incoming;
  const outgoing = request({ agent, host, port: Number(port), method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(`${error.message}\n`);
  });
  incoming.pipe(outgoing);
}
