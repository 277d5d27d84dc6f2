import type { Socket } from "node:net";
import { fail, ok, type Result } from "@fairlead/shared";
import { type Client, CreateMode, createClient, Event, Exception, type Stat } from "node-zookeeper-client";
import type { Answer, ReadFailure, WatchEvent, ZnodeStat } from "../connection.js";
import { FrameReader, replyHeaderOf, TOO_LARGE_CODE, withCode } from "../frames.js";
import type { Link, LinkEvents, LinkOptions } from "../link.js";
import type { Loss } from "../outage.js";
import { type Credentials, openSocket, readCredentials } from "./open-socket.js";

/** How long a closing client waits for its last packet to leave. */
const FAREWELL_MS = 500;

/** What we reach for inside node-zookeeper-client 1.1.3 (exact version pinned); its types do not show it. */
interface ConnectionManager {
  state: number;
  socket?: Socket;
  setState(state: number): void;
  connect(): void;
  onSocketConnected(): void;
  onSocketData(chunk: Buffer): void;
  onSocketDrain(): void;
  onSocketClosed(hadError: boolean): void;
}

/** The library's numbers for its states. */
const CONNECTING = 1;
/** Xid of the reply to who we said we are. */
const AUTH_XID = -4;

/**
 * One client of the library for one connection. The library reconnects in place, and there its faults live: half a frame
 * of the old connection is parsed as the start of the new one, requests that were never sent are never failed, all watches
 * are set again in one packet that may exceed what the server takes, and nothing paces it. So it never reconnects here:
 * where it would, the link reports `down`, and the session opens the next one and resumes with the ticket. The socket is
 * ours (TLS, any address), and the library is given one whole frame at a time.
 */
export function openNodeLink(options: LinkOptions, events: LinkEvents): Link {
  return new NodeLink(options, events);
}

class NodeLink implements Link {
  readonly #client: Client;
  readonly #manager: ConnectionManager;
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #frames = new FrameReader();
  /** One function for all watches: the library keeps a watcher once per path and function. */
  readonly #onEvent: (event: Event) => void;
  #loss: Loss = { kind: "closed", reason: "the server closed the connection before the handshake: it has no quorum, or is read-only" };
  #socket: Socket | undefined;
  #up = false;
  #ended = false;
  #seenZxid = 0n;
  /** Of the reply being taken: an error of newer servers, at which the library would throw. */
  #foreignCode: number | undefined;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#client = createClient("unused:1", clientOptions(options));
    this.#manager = managerOf(this.#client);
    this.#onEvent = (event) => {
      const seen = watchEventOf(event);
      if (seen !== undefined && !this.#ended) outside(() => this.#events.watch(seen));
    };
    this.#client.on("connected", () => this.#connected());
    this.#client.on("expired", () => this.#finish(() => this.#events.expired()));
    // The library calls it only to connect again.
    this.#manager.connect = () => this.#finish(() => this.#events.down(this.#loss));
    void readCredentials(options.access).then((credentials) => {
      if (this.#ended) return;
      if (credentials.ok) this.#open(credentials.value);
      else this.#finish(() => this.#events.down({ kind: "unreachable", reason: credentials.error }));
    });
  }

  get seenZxid(): bigint {
    return this.#seenZxid;
  }

  children(path: string, answer: Answer<{ readonly names: readonly string[]; readonly stat: ZnodeStat }>): void {
    this.#ask(answer, () =>
      this.#client.getChildren(path, this.#onEvent, (error, names, stat) =>
        this.#settle(answer, error, () => ({ names, stat: statOf(stat) })),
      ),
    );
  }

  data(path: string, answer: Answer<{ readonly data: Uint8Array; readonly stat: ZnodeStat }>): void {
    this.#ask(answer, () =>
      this.#client.getData(path, this.#onEvent, (error, data: Buffer | undefined, stat) =>
        this.#settle(answer, error, () => ({ data: data ?? EMPTY, stat: statOf(stat) })),
      ),
    );
  }

  exists(path: string, answer: Answer<boolean>): void {
    this.#ask(answer, () =>
      this.#client.exists(path, this.#onEvent, (error, stat: Stat | undefined) => this.#settle(answer, error, () => Boolean(stat))),
    );
  }

  create(path: string, data: Uint8Array, lives: "persistent" | "ephemeral", answer: Answer<"created" | "exists">): void {
    const mode = lives === "ephemeral" ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT;
    this.#ask(answer, () =>
      this.#client.create(path, Buffer.from(data), mode, (error) => {
        const exists = error && "code" in error && error.code === Exception.NODE_EXISTS;
        this.#settle(answer, exists ? null : error, () => (exists ? "exists" : "created"));
      }),
    );
  }

  write(path: string, data: Uint8Array, answer: Answer<void>): void {
    this.#ask(answer, () => this.#client.setData(path, Buffer.from(data), (error) => this.#settle(answer, error, () => undefined)));
  }

  ping(answer: Answer<void>): void {
    this.#ask(answer, () => this.#client.exists("/", (error) => this.#settle(answer, error, () => undefined)));
  }

  destroy(): void {
    this.#ended = true;
    this.#cut();
  }

  end(): void {
    this.#ended = true;
    if (this.#up) this.#client.close();
    else this.#cut();
    setTimeout(() => this.#cut(), FAREWELL_MS).unref();
  }

  #open({ digest, tls }: Credentials): void {
    const manager = this.#manager;
    // Kept by the library, and sent as soon as there is a session, before anything else.
    if (digest !== undefined) this.#client.addAuthInfo("digest", Buffer.from(digest));
    manager.setState(CONNECTING);
    const { host, port } = this.#options;
    const socket = openSocket(host, port, tls, () => manager.onSocketConnected());
    this.#socket = socket;
    manager.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("drain", () => manager.onSocketDrain());
    socket.on("close", (hadError: boolean) => manager.onSocketClosed(hadError));
    socket.on("error", (error) => {
      this.#loss = { kind: this.#up ? "closed" : "unreachable", reason: error.message };
    });
  }

  #received(chunk: Buffer): void {
    const { frames, problem } = this.#frames.push(chunk);
    for (const frame of frames) if (!this.#ended) this.#take(frame);
    if (problem !== undefined) this.#unreadable(problem);
  }

  #take(frame: Buffer): void {
    const manager = this.#manager;
    const header = manager.state === CONNECTING ? undefined : replyHeaderOf(frame);
    if (header !== undefined && header.xid === AUTH_XID && header.code !== 0) {
      this.#loss = { kind: "auth-failed", reason: `the server refuses who we are (digest user ${this.#options.access.auth?.user})` };
      this.#finish(() => this.#events.down(this.#loss));
      return;
    }
    if (header !== undefined && header.xid >= 0 && header.zxid > this.#seenZxid) this.#seenZxid = header.zxid;
    const foreign = header !== undefined && header.xid >= 0 && !LIBRARY_CODES.has(header.code);
    this.#foreignCode = foreign ? header.code : undefined;
    try {
      manager.onSocketData(foreign ? withCode(frame, Exception.API_ERROR) : frame);
    } catch (error) {
      // An unknown event type ends this link, not the process.
      this.#unreadable(messageOf(error));
    }
  }

  #unreadable(what: string): void {
    this.#loss = { kind: "unreadable", reason: `unreadable answer: ${what}` };
    this.#finish(() => this.#events.down(this.#loss));
  }

  #connected(): void {
    if (this.#ended) return;
    this.#up = true;
    this.#loss = { kind: "closed", reason: "the server closed the connection" };
    const ticket = {
      sessionId: this.#client.getSessionId().toString("hex"),
      password: this.#client.getSessionPassword().toString("hex"),
    };
    const sessionTimeoutMs = this.#client.getSessionTimeout();
    outside(() => this.#events.up({ ticket, sessionTimeoutMs }));
  }

  #finish(report: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cut();
    outside(report);
  }

  #settle<T>(answer: Answer<T>, error: Error | Exception | null, value: () => T): void {
    // The library fails what was asked before it says that the connection is gone; `down` follows.
    if (error && "code" in error && CONNECTION_GONE.has(error.code)) return;
    if (error && this.#foreignCode !== undefined) {
      const reason = `the server's error ${this.#foreignCode}`;
      outside(() => answer(fail({ kind: "failed", reason })));
    } else outside(() => answer(error ? failureOf(error, this.#options) : ok(value())));
  }

  #ask<T>(answer: Answer<T>, send: () => void): void {
    try {
      send();
    } catch (error) {
      answer(fail({ kind: "failed", reason: messageOf(error) }));
    }
  }

  #cut(): void {
    this.#socket?.destroy();
  }
}

const EMPTY = Buffer.alloc(0);

function clientOptions({ sessionTimeoutMs, resume }: LinkOptions) {
  return {
    sessionTimeout: sessionTimeoutMs,
    retries: 0,
    ...(resume === undefined
      ? {}
      : { sessionId: Buffer.from(resume.sessionId, "hex"), sessionPassword: Buffer.from(resume.password, "hex") }),
  };
}

function managerOf(client: Client): ConnectionManager {
  return (client as Client & { readonly connectionManager: ConnectionManager }).connectionManager;
}

/** A callback of ours that throws must not unwind the library's parser halfway through a packet: the bug surfaces outside of it. */
function outside(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}

/** Errors the library knows; it throws at others, such as -127 of a server that throttles. */
const LIBRARY_CODES: ReadonlySet<unknown> = new Set(Object.values(Exception).filter((value) => typeof value === "number"));

const CONNECTION_GONE: ReadonlySet<unknown> = new Set([Exception.CONNECTION_LOSS, Exception.SESSION_EXPIRED]);

function failureOf(error: Error | Exception, { access: { auth } }: LinkOptions): Result<never, ReadFailure> {
  if ("code" in error) {
    if (error.code === Exception.NO_NODE) return fail({ kind: "no-node" });
    const who = auth === undefined ? "without auth" : `as digest user ${auth.user}`;
    if (error.code === Exception.NO_AUTH)
      return fail({ kind: "failed", reason: `NO_AUTH: its ACL does not let us read it ${who}`, trouble: "no-auth" });
    if (error.code === TOO_LARGE_CODE) return fail({ kind: "failed", reason: "the answer is larger than 16 MiB", trouble: "too-large" });
  }
  return fail({ kind: "failed", reason: "name" in error && error.name ? error.name : String(error) });
}

function statOf(stat: Stat): ZnodeStat {
  return { czxid: stat.czxid.readBigInt64BE(), mzxid: stat.mzxid.readBigInt64BE(), pzxid: stat.pzxid.readBigInt64BE() };
}

function watchEventOf(event: Event): WatchEvent | undefined {
  const kind = KINDS.get(event.getType());
  return kind === undefined ? undefined : { kind, path: event.getPath() };
}

const KINDS: ReadonlyMap<number, WatchEvent["kind"]> = new Map([
  [Event.NODE_CREATED, "created"],
  [Event.NODE_DELETED, "deleted"],
  [Event.NODE_DATA_CHANGED, "data"],
  [Event.NODE_CHILDREN_CHANGED, "children"],
] as const);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
