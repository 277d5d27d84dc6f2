import { fail, ok, type Result } from "@fairlead/shared";
import { type Client, createClient, Event, Exception, type Stat } from "node-zookeeper-client";
import type { Answer, ReadFailure, WatchEvent, ZnodeStat } from "../connection.js";
import type { Link, LinkEvents, LinkOptions } from "../link.js";

/** How long a closing client waits for its last packet to leave. */
const FAREWELL_MS = 500;

/** What we reach for inside node-zookeeper-client 1.1.3 (exact version pinned); its types do not show it. */
interface ConnectionManager {
  servers: readonly { readonly host: string; readonly port: number }[];
  zxid: Buffer;
  socket?: { destroy(): void };
  connectTimeoutHandler: NodeJS.Timeout | null;
  connect(): void;
  onSocketData(chunk: Buffer): void;
  onSocketError(error: Error): void;
}

/**
 * One client of the library for one connection. The library reconnects in place, and there its faults live: half a frame
 * of the old connection is parsed as the start of the new one, requests that were never sent are never failed, all watches
 * are set again in one packet that may exceed what the server takes, and nothing paces it. So it never reconnects here:
 * where it would, the link reports `down`, and the session opens the next one and resumes with the ticket.
 */
export function openNodeLink(options: LinkOptions, events: LinkEvents): Link {
  return new NodeLink(options, events);
}

class NodeLink implements Link {
  readonly #client: Client;
  readonly #manager: ConnectionManager;
  readonly #events: LinkEvents;
  /** One function for all watches: the library keeps a watcher once per path and function. */
  readonly #onEvent: (event: Event) => void;
  #reason = "the server closed the connection";
  #ended = false;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#events = events;
    this.#client = createClient("unused:1", clientOptions(options));
    this.#manager = managerOf(this.#client);
    this.#manager.servers = [{ host: options.host, port: options.port }];
    this.#manager.zxid.writeBigInt64BE(options.seenZxid);
    this.#onEvent = (event) => {
      const seen = watchEventOf(event);
      if (seen !== undefined && !this.#ended) outside(() => this.#events.watch(seen));
    };
    this.#guard();
    this.#client.on("connected", () => this.#connected());
    this.#client.on("expired", () => this.#finish(() => this.#events.expired()));
    this.#client.connect();
    // From here on the library calls it only to connect again.
    this.#manager.connect = () => this.#finish(() => this.#events.down(this.#reason));
  }

  get seenZxid(): bigint {
    const { zxid } = this.#manager;
    return zxid.length === 8 ? zxid.readBigInt64BE() : 0n;
  }

  children(path: string, answer: Answer<{ readonly names: readonly string[]; readonly stat: ZnodeStat }>): void {
    this.#ask(answer, () =>
      this.#client.getChildren(path, this.#onEvent, (error, names, stat) => settle(answer, error, () => ({ names, stat: statOf(stat) }))),
    );
  }

  data(path: string, answer: Answer<{ readonly data: Uint8Array; readonly stat: ZnodeStat }>): void {
    this.#ask(answer, () =>
      this.#client.getData(path, this.#onEvent, (error, data: Buffer | undefined, stat) =>
        settle(answer, error, () => ({ data: data ?? EMPTY, stat: statOf(stat) })),
      ),
    );
  }

  exists(path: string, answer: Answer<boolean>): void {
    this.#ask(answer, () =>
      this.#client.exists(path, this.#onEvent, (error, stat: Stat | undefined) => settle(answer, error, () => Boolean(stat))),
    );
  }

  ping(answer: Answer<void>): void {
    this.#ask(answer, () => this.#client.exists("/", (error) => settle(answer, error, () => undefined)));
  }

  destroy(): void {
    this.#ended = true;
    this.#cut();
  }

  end(): void {
    this.#ended = true;
    this.#client.close();
    setTimeout(() => this.#cut(), FAREWELL_MS).unref();
  }

  /** What the library throws inside its socket handlers (unknown error code, unknown event type) ends this link, not the process. */
  #guard(): void {
    const manager = this.#manager;
    const onSocketData = manager.onSocketData;
    const onSocketError = manager.onSocketError;
    manager.onSocketData = (chunk) => {
      try {
        onSocketData.call(manager, chunk);
      } catch (error) {
        this.#reason = `unreadable answer: ${messageOf(error)}`;
        manager.socket?.destroy();
      }
    };
    manager.onSocketError = (error) => {
      this.#reason = error.message;
      onSocketError.call(manager, error);
    };
  }

  #connected(): void {
    if (this.#ended) return;
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

  #ask<T>(answer: Answer<T>, send: () => void): void {
    try {
      send();
    } catch (error) {
      answer(fail({ kind: "failed", reason: messageOf(error) }));
    }
  }

  #cut(): void {
    const manager = this.#manager;
    // The library leaves this timer running when a socket goes before it connected; it would hold up the process's exit.
    if (manager.connectTimeoutHandler !== null) clearTimeout(manager.connectTimeoutHandler);
    if (manager.socket !== undefined) manager.socket.destroy();
    // The library opens its socket one tick after `connect`.
    else setImmediate(() => (manager.socket === undefined ? undefined : this.#cut()));
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

function settle<T>(answer: Answer<T>, error: Error | Exception | null, value: () => T): void {
  // The library fails what was asked before it says that the connection is gone; `down` follows.
  if (error && "code" in error && CONNECTION_GONE.has(error.code)) return;
  outside(() => answer(error ? failureOf(error) : ok(value())));
}

const CONNECTION_GONE: ReadonlySet<unknown> = new Set([Exception.CONNECTION_LOSS, Exception.SESSION_EXPIRED]);

function failureOf(error: Error | Exception): Result<never, ReadFailure> {
  if ("code" in error && error.code === Exception.NO_NODE) return fail({ kind: "no-node" });
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
