// Raw bytes over loopback, both ends.

import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Turns of the event loop until `condition` holds; the test's own time-out is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** A client that says exactly what it is told and keeps what it hears. */
export class RawClient {
  readonly socket: Socket;
  heard = "";
  closed = false;
  failed = false;

  constructor(port: number, bytes?: string) {
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.setEncoding("latin1");
    this.socket.on("data", (text: string) => {
      this.heard += text;
    });
    this.socket.on("error", () => {
      this.failed = true;
    });
    this.socket.on("close", () => {
      this.closed = true;
    });
    if (bytes !== undefined) this.say(bytes);
  }

  say(bytes: string): void {
    this.socket.write(Buffer.from(bytes, "latin1"));
  }

  /** Status codes of the answers heard so far, if their bodies hold no status lines. */
  get statuses(): number[] {
    return [...this.heard.matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));
  }
}

/** A server of raw sockets: `onData` gets all that a connection has said so far, once per chunk. */
export class RawServer {
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static start(onData: (socket: Socket, heard: string) => void, ip = "127.0.0.1"): Promise<RawServer> {
    const server = createServer({ noDelay: true });
    const raw = new RawServer(server);
    server.on("connection", (socket) => {
      let heard = "";
      raw.sockets.push(socket);
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        heard += chunk.toString("latin1");
        onData(socket, heard);
      });
    });
    return new Promise((resolve) => server.listen(0, ip, () => resolve(raw)));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }
}

/** A port nobody listens on: it was free a moment ago. */
export async function deadPort(): Promise<number> {
  const server = await RawServer.start(() => {});
  const { port } = server;
  server.close();
  return port;
}

export interface CorpusCase {
  readonly id: string;
  readonly expect: string;
  readonly method?: string;
  readonly raw: string;
}

type StoredPart = string | { readonly repeat: string; readonly times: number };

/** A stored corpus, its long runs unrolled. `raw` holds one character per byte. */
export function corpus(name: "http1-requests" | "http1-responses" | "http1-more-requests" | "http1-more-responses"): CorpusCase[] {
  const text = readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8");
  const stored = JSON.parse(text) as (Omit<CorpusCase, "raw"> & { readonly raw: string | readonly StoredPart[] })[];
  return stored.map((entry) => ({ ...entry, raw: typeof entry.raw === "string" ? entry.raw : entry.raw.map(unroll).join("") }));
}

function unroll(part: StoredPart): string {
  return typeof part === "string" ? part : part.repeat.repeat(part.times);
}
