import { createServer, type Server, type Socket } from "node:net";

/** What a ZooKeeper server does on a wire, played by hand: bytes in, bytes out, faults at any byte. */
export interface ScriptedServer {
  readonly port: number;
  /** Bodies of the frames that clients sent, in order; the handshake's first. */
  readonly received: readonly Buffer[];
  /** Open connections. */
  readonly connections: number;
  /** Called with each frame and how to answer it, instead of what a server that is well does. */
  answer: (frame: Buffer, reply: Reply) => void;
  close(): Promise<void>;
}

export interface Reply {
  /** A whole frame around this body. */
  send(body: Buffer): void;
  /** Bytes as they are. */
  raw(bytes: Buffer): void;
  readonly socket: Socket;
  /** Frames before this one on the same connection. */
  readonly index: number;
}

/** Types of requests. */
export const OP = { exists: 3, getData: 4, getChildren2: 12, auth: 100, setWatches: 101, close: -11 } as const;

export async function scriptedServer(host = "127.0.0.1"): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const received: Buffer[] = [];
  const script = { answer: answerWell };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    let pending: Buffer = Buffer.alloc(0);
    let index = 0;
    const send = (body: Buffer) => socket.write(framed(body));
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE()) {
        const frame = pending.subarray(4, 4 + pending.readInt32BE());
        pending = pending.subarray(4 + frame.length);
        received.push(frame);
        script.answer(frame, { send, raw: (bytes) => socket.write(bytes), socket, index: index++ });
      }
    });
  });
  const port = await listening(server, host);
  return {
    port,
    received,
    get connections() {
      return sockets.size;
    },
    set answer(next: ScriptedServer["answer"]) {
      script.answer = next;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A session of 4 s, then "no error" to everything, with nothing in it. */
export function answerWell(frame: Buffer, reply: Reply): void {
  if (reply.index === 0) reply.send(handshake());
  else if (opOf(frame) === OP.exists) reply.send(Buffer.concat([replyHeader(frame), Buffer.alloc(68)]));
  else if (opOf(frame) === OP.getChildren2) reply.send(Buffer.concat([replyHeader(frame), Buffer.alloc(4 + 68)]));
  else if (opOf(frame) === OP.getData) reply.send(Buffer.concat([replyHeader(frame), Buffer.alloc(4 + 68)]));
  else reply.send(replyHeader(frame));
}

/** Type of a request. */
export function opOf(frame: Buffer): number {
  return frame.readInt32BE(4);
}

/** ConnectResponse: protocol version, time-out, session id, password. */
export function handshake(timeoutMs = 4_000): Buffer {
  const body = Buffer.alloc(4 + 4 + 8 + 4 + 16);
  body.writeInt32BE(timeoutMs, 4);
  body.writeBigInt64BE(0x1234n, 8);
  body.writeInt32BE(16, 16);
  return body;
}

/** The header of the reply to a request. */
export function replyHeader(request: Buffer, { zxid = 0x42n, code = 0 }: { readonly zxid?: bigint; readonly code?: number } = {}): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32BE(request.readInt32BE(0), 0);
  header.writeBigInt64BE(zxid, 4);
  header.writeInt32BE(code, 12);
  return header;
}

export function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function listening(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
