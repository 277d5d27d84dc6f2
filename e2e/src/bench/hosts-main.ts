// Many hosts in one process of their own: node hosts-main.js COUNT. Controlled over the message channel.
import { createServer, type Server } from "node:http";
import type { HostOrder, HostsReport } from "./hosts-protocol.js";

const count = Number(process.argv[2] ?? "1");
const silent = new Set<number>();
const servers = new Map<number, Server>();

const ports = await Promise.all(Array.from({ length: count }, (_, host) => listen(host)));
report({ kind: "listening", ports });

function listen(host: number): Promise<number> {
  const server = createServer((_request, response) => {
    if (!silent.has(host)) response.writeHead(200).end();
  });
  servers.set(host, server);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

process.on("message", ({ host, become }: HostOrder) => {
  if (become === "silent") silent.add(host);
  else servers.get(host)?.close().closeAllConnections();
  report({ kind: "obeyed", host });
});
process.on("disconnect", () => process.exit(0));

function report(what: HostsReport): void {
  process.send?.(what);
}
