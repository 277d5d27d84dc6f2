import { connect, createServer, type Socket } from "node:net";
import { freePort } from "./ports.js";
import { stopLater } from "./teardown.js";

/** What becomes of one read of a znode's data: the server's answer, an error in its place, or the answer later. */
export type Fate = "answer" | "fail" | { readonly delayMs: number };

/** Stands between a client and a ZooKeeper server and knows enough of the protocol to spoil single reads; whole connections are fault-proxy.ts's. */
export type ZooKeeperProxy = {
  readonly port: number;
  readonly address: string;
  /** Decides from now on about each getData by the znode's path. Answers stay in order: a delay holds up what is behind it. */
  decide(fate: (path: string) => Fate): void;
  seen(): ProxySeen;
};

/** Counted over all connections. */
export type ProxySeen = {
  readonly connections: number;
  /** getChildren and getData requests. */
  readonly lists: number;
  readonly reads: number;
  readonly failed: number;
  /** The most requests (reads, lists, pings) that were unanswered at one time on one connection. */
  readonly mostUnanswered: number;
};

/** Numbers of the protocol: org.apache.zookeeper.ZooDefs.OpCode. */
const GET_DATA = 4;
const LISTS: ReadonlySet<number> = new Set([8, 12]);
/** A ReplyHeader's own bytes: xid, zxid, error. */
const REPLY_HEADER_BYTES = 16;
const ERROR_AT = 12;
/** KeeperException.Code.OPERATIONTIMEOUT: the server gave up on this one request, the session stands. */
const OPERATION_TIMEOUT = -7;

/** Starts a proxy in front of the server on a port of this machine. */
export async function startZooKeeperProxy(behind: { readonly port: number }): Promise<ZooKeeperProxy> {
  const port = await freePort();
  const counts = { connections: 0, lists: 0, reads: 0, failed: 0, mostUnanswered: 0 };
  const sockets = new Set<Socket>();
  let fate: (path: string) => Fate = () => "answer";
  const server = createServer((client) => {
    counts.connections += 1;
    const upstream = connect(behind.port, "127.0.0.1");
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => undefined);
      one.once("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    relay({ client, upstream, counts, fate: (path) => fate(path) });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  stopLater({
    name: `ZooKeeper proxy :${port}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return {
    port,
    address: `127.0.0.1:${port}`,
    decide: (next) => {
      fate = next;
    },
    seen: () => ({ ...counts }),
  };
}

type Relay = {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly counts: { -readonly [name in keyof ProxySeen]: ProxySeen[name] };
  readonly fate: (path: string) => Fate;
};

function relay({ client, upstream, counts, fate }: Relay): void {
  /** Reads whose answers are to be spoilt, by xid. */
  const doomed = new Map<number, Exclude<Fate, "answer">>();
  let unanswered = 0;
  let connected = false;
  const toClient = newDelayLine(client);

  onFrames(client, (frame) => {
    upstream.write(frame);
    if (!connected) return;
    unanswered += 1;
    counts.mostUnanswered = Math.max(counts.mostUnanswered, unanswered);
    const request = requestIn(frame);
    if (LISTS.has(request.type)) counts.lists += 1;
    if (request.type !== GET_DATA) return;
    counts.reads += 1;
    const decided = fate(request.path);
    if (decided !== "answer") doomed.set(request.xid, decided);
  });
  onFrames(upstream, (frame) => {
    const xid = frame.readInt32BE(4);
    const decided = connected ? doomed.get(xid) : undefined;
    // The first frame answers the connect request; a watch's event answers nothing.
    if (connected && xid !== -1) unanswered -= 1;
    connected = true;
    doomed.delete(xid);
    if (decided === "fail") counts.failed += 1;
    toClient(decided === "fail" ? failed(frame) : frame, typeof decided === "object" ? decided.delayMs : 0);
  });
}

/** Writes in the order it was asked, each not before its own delay. */
function newDelayLine(socket: Socket): (bytes: Buffer, delayMs: number) => void {
  const waiting: { readonly bytes: Buffer; readonly atMs: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const leftMs = next.atMs - performance.now();
      if (leftMs > 0) {
        timer = setTimeout(flush, leftMs);
        return;
      }
      waiting.shift();
      socket.write(next.bytes);
    }
  };
  return (bytes, delayMs) => {
    waiting.push({ bytes, atMs: performance.now() + delayMs });
    if (timer === undefined) flush();
  };
}

/** Calls back with each whole frame, its length included. */
function onFrames(socket: Socket, each: (frame: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    const first = chunks[0];
    // Joined only when the frame is whole: one of several megabytes comes in a hundred chunks.
    if (first !== undefined && first.length >= 4 && bytes < 4 + first.readInt32BE(0)) return;
    let rest = Buffer.concat(chunks);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const length = 4 + rest.readInt32BE(0);
      each(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    chunks = rest.length > 0 ? [rest] : [];
    bytes = rest.length;
  });
}

/** RequestHeader (xid, type), then for the requests of interest the path. */
function requestIn(frame: Buffer): { readonly xid: number; readonly type: number; readonly path: string } {
  const type = frame.readInt32BE(8);
  const path = type === GET_DATA ? frame.toString("utf8", 16, 16 + frame.readInt32BE(12)) : "";
  return { xid: frame.readInt32BE(4), type, path };
}

/** The same answer as an error without a body. */
function failed(frame: Buffer): Buffer {
  const out = Buffer.from(frame.subarray(0, 4 + REPLY_HEADER_BYTES));
  out.writeInt32BE(REPLY_HEADER_BYTES, 0);
  out.writeInt32BE(OPERATION_TIMEOUT, 4 + ERROR_AT);
  return out;
}
