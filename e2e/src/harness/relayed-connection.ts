import type { Socket } from "node:net";
import { DelayedQueue } from "./delayed-queue.js";
import { DnsFrames, framedDns } from "./dns-frames.js";
import { delayOf, type Fault, isBlocked, PASS } from "./fault.js";
import type { RelayWatch } from "./tcp-relay.js";

type Ends = {
  readonly client: Socket;
  /** Opens the connection to the server; called once, when something is to be forwarded. */
  readonly server: () => Socket;
  readonly watch: RelayWatch;
  /** The client's side has closed. */
  readonly gone: () => void;
};

/** The end of a direction waits its turn behind its bytes. */
type Piece = Buffer | "end";

/** One client's connection and the one to the server that belongs to it, under the fault of the moment. */
export class RelayedConnection {
  readonly #ends: Ends;
  readonly #requests: DelayedQueue<Piece>;
  readonly #answers: DelayedQueue<Piece>;
  #frames = new DnsFrames();
  #server: Socket | undefined;
  #fault: Fault = PASS;
  /** Bytes of answers that may still pass; undefined: all. */
  #allowance: number | undefined;
  /** Half-open: silent for good. */
  #isSilent = false;
  /** The server closed or failed while the client was not to hear of it. */
  #isServerLost = false;

  constructor(ends: Ends) {
    this.#ends = ends;
    this.#requests = new DelayedQueue((piece) => hand(this.#server, piece));
    this.#answers = new DelayedQueue((piece) => hand(ends.client, piece));
    ends.client.on("data", (bytes: Buffer) => this.#request(bytes));
    ends.client.on("end", () => this.#requests.push("end", delayOf(this.#fault)));
    ends.client.on("error", () => undefined); // "close" follows
    ends.client.on("close", () => this.#clientGone());
    ends.client.pause();
  }

  /** From now on this fault. */
  obey(fault: Fault): void {
    this.#fault = fault;
    // Half a message of an earlier fault must not be taken for the beginning of a later one.
    this.#frames = new DnsFrames();
    this.#allowance = fault.kind === "cut" ? fault.afterBytes : undefined;
    if (fault.kind === "refuse" || fault.kind === "close") this.reset();
    else if (fault.kind === "half-open") this.#goSilent();
    else if (!this.#isSilent) this.#forward();
  }

  /** Breaks both sides. */
  reset(): void {
    this.#ends.client.resetAndDestroy();
    this.#server?.resetAndDestroy();
  }

  #forward(): void {
    if (!isBlocked(this.#fault, "answers") && this.#isServerLost) {
      this.#ends.client.resetAndDestroy();
      return;
    }
    this.#openServer();
    flow(this.#ends.client, !isBlocked(this.#fault, "requests"));
    flow(this.#server, !isBlocked(this.#fault, "answers"));
  }

  /** In a black hole the server does not see the connection either. */
  #openServer(): void {
    if (this.#server !== undefined || isBlocked(this.#fault, "requests")) return;
    const server = this.#ends.server();
    this.#server = server;
    server.on("data", (bytes: Buffer) => this.#answer(bytes));
    server.on("end", () => this.#answers.push("end", delayOf(this.#fault)));
    server.on("error", () => this.#serverLost());
    server.on("close", () => this.#requests.clear());
  }

  #serverLost(): void {
    if (this.#isSilent) return;
    if (isBlocked(this.#fault, "answers")) this.#isServerLost = true;
    else this.#ends.client.resetAndDestroy();
  }

  #goSilent(): void {
    this.#isSilent = true;
    this.#answers.clear();
    this.#requests.clear();
    this.#server?.destroy();
    // What the client sends is read and forgotten, as a peer's kernel would until its buffer is full.
    this.#ends.client.resume();
  }

  #request(bytes: Buffer): void {
    this.#ends.watch.request(bytes);
    if (!this.#isSilent) this.#requests.push(bytes, delayOf(this.#fault));
  }

  #answer(bytes: Buffer): void {
    if (this.#isSilent) return;
    const pieces = this.#fault.kind === "dns" ? this.#changed(bytes) : [bytes];
    for (const piece of pieces) this.#send(piece);
  }

  #changed(bytes: Buffer): Buffer[] {
    const fault = this.#fault;
    if (fault.kind !== "dns") return [bytes];
    return this.#frames.push(bytes).flatMap((message) => {
      const instead = fault.change(message, "tcp");
      return instead === undefined ? [] : [framedDns(instead)];
    });
  }

  #send(bytes: Buffer): void {
    if (this.#allowance === undefined) {
      this.#answers.push(bytes, delayOf(this.#fault));
      return;
    }
    const part = bytes.subarray(0, this.#allowance);
    this.#allowance -= part.length;
    if (part.length < bytes.length || this.#allowance === 0) {
      // Written out first: a reset would throw the allowed bytes away.
      this.#ends.client.write(part, () => this.reset());
    } else {
      this.#answers.push(part, 0);
    }
  }

  #clientGone(): void {
    this.#requests.clear();
    this.#answers.clear();
    this.#server?.destroy();
    this.#ends.gone();
  }
}

function hand(socket: Socket | undefined, piece: Piece): void {
  if (socket === undefined || socket.destroyed) return;
  if (piece === "end") socket.end();
  else socket.write(piece);
}

function flow(socket: Socket | undefined, isFlowing: boolean): void {
  if (isFlowing) socket?.resume();
  else socket?.pause();
}
