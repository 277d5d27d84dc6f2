import { type NetConnectOpts, Socket } from "node:net";
import type { Inbox } from "../http1/inbox.js";
import type { Wire, WireEvents } from "../http1/wire.js";

const NOTHING = Buffer.alloc(0);

/** A machine on a socket. Reads go straight into its inbox: no buffer is made per read. */
export type Wired = WireEvents & { readonly inbox: Inbox };

/** A TCP connection as a machine sees it. */
export class SocketWire implements Wire {
  #socket: Socket | undefined;
  #machine: WireEvents | undefined;
  isFlushed = true;
  #awaitsFlush = false;
  #isReading = true;
  /** Our FIN, or the end, is on its way: nothing more can be written. */
  #isEnding = false;
  #code: string | undefined;

  /** Joins a socket and its machine. From here on the machine hears of it. */
  attach(socket: Socket, machine: WireEvents): void {
    this.#socket = socket;
    this.#machine = machine;
    socket.setNoDelay(true);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#code = error.code ?? "";
    });
    socket.on("end", () => machine.onEnd());
    socket.on("close", () => machine.onClosed(this.#code));
  }

  write(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (socket === undefined || this.#isEnding) return;
    socket.write(bytes);
    this.#lookAt(socket);
  }

  cork(): void {
    this.#socket?.cork();
  }

  uncork(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.uncork();
    this.#lookAt(socket);
  }

  pause(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#socket?.pause();
  }

  resume(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#socket?.resume();
  }

  end(): void {
    this.#isEnding = true;
    this.#socket?.end();
  }

  close(): void {
    this.#isEnding = true;
    this.#socket?.destroySoon();
  }

  reset(): void {
    const socket = this.#socket;
    this.#isEnding = true;
    if (socket === undefined) return;
    // Once the FIN is under way libuv refuses the RST, and Node then never closes the socket (its descriptor leaks, and the
    // server never finishes closing). Everything has been handed over by then: there is nothing left to break off.
    if (socket.connecting || (socket.writableEnded && socket.writableLength === 0)) socket.destroy();
    else socket.resetAndDestroy();
  }

  #lookAt(socket: Socket): void {
    this.isFlushed = socket.writableLength === 0;
    if (!this.isFlushed && socket.writableCorked === 0 && !socket.destroyed) this.#awaitFlush(socket);
  }

  /** An empty write waits behind what has not left; `drain` would come only for what is above a high-water mark. */
  #awaitFlush(socket: Socket): void {
    if (this.#awaitsFlush) return;
    this.#awaitsFlush = true;
    socket.write(NOTHING, () => {
      this.#awaitsFlush = false;
      this.isFlushed = socket.writableLength === 0;
      if (this.isFlushed) this.#machine?.onFlushed();
      else if (!socket.destroyed) this.#awaitFlush(socket);
    });
  }
}

/** Reads of a socket that is made for this machine. Node asks for the place before the first and after every one. */
function readsInto(machine: Wired) {
  const { inbox } = machine;
  let next: Buffer | undefined = inbox.own.subarray(inbox.headroom);
  return {
    buffer: () => {
      const place = next;
      next = undefined;
      return place;
    },
    callback: (length: number) => {
      machine.onReceived(length);
      if (inbox.grow(length)) next = inbox.own.subarray(inbox.headroom);
      return true;
    },
  };
}

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** The other side's FIN does not end ours. */
  readonly allowHalfOpen?: boolean;
}

/** Opens a connection; the machine hears `onClosed` when there is none to be had. */
export function connectWired(wire: SocketWire, machine: Wired, to: Destination, onConnected: () => void): void {
  const { allowHalfOpen = false } = to;
  const socket = new Socket({ onread: readsInto(machine), allowHalfOpen } as NetConnectOpts & { onread: ReturnType<typeof readsInto> });
  wire.attach(socket, machine);
  socket.connect({ host: to.host, port: to.port }, onConnected);
}

interface Accepted extends Socket {
  _handle?: unknown;
  _server?: unknown;
}

/**
 * Takes an accepted connection over into a socket that reads into the machine's inbox. Node has no option for that on the accepting
 * side, so the handle is moved; where this Node keeps no handle, the socket is used as it is.
 * @param accepted paused since it was accepted (`pauseOnConnect`)
 */
export function acceptWired(wire: SocketWire, machine: Wired, accepted: Accepted): Socket {
  const handle = accepted._handle;
  if (handle === undefined || handle === null) return readByEvents(wire, machine, accepted);
  const options = { handle, allowHalfOpen: true, onread: readsInto(machine) };
  accepted._handle = null;
  const socket: Accepted = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  // The server counts its connections as their sockets close.
  socket._server = accepted._server;
  accepted._server = null;
  wire.attach(socket, machine);
  socket.resume();
  return socket;
}

function readByEvents(wire: SocketWire, machine: Wired, socket: Socket): Socket {
  wire.attach(socket, machine);
  const room = machine.inbox.own.length - machine.inbox.headroom;
  socket.on("data", (chunk) => {
    for (let at = 0; at < chunk.length; at += room) {
      const part = chunk.subarray(at, at + room);
      machine.inbox.own.set(part, machine.inbox.headroom);
      machine.onReceived(part.length);
    }
  });
  socket.resume();
  return socket;
}
