import { below, Cell, type Clock, fail, type Log, type Rng, splitHostPort, type Timer } from "@fairlead/shared";
import { RetryTimer } from "../retry-timer.js";
import type { Answer, Children, Connect, ConnectOptions, SessionState, ZnodeData, ZooKeeperConnection } from "./connection.js";
import type { Link, LinkEvents, OpenLink, SessionTicket } from "./link.js";
import { ReadQueue } from "./read-queue.js";

export interface SessionDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly openLink: OpenLink;
}

/** As many as Finagle's ZooKeeper reader allows itself: enough to fill the pipe, too few to bury a server. */
const MAX_OUTSTANDING_READS = 100;
/** Between connections. The ceiling stays well below the usual session time-outs, so that a session is resumed in time. */
const BACKOFF = { firstMs: 100, maxMs: 5_000 };
/** A connection that held this long was a good one; the next failure begins a new count. */
const STABLE_MS = 5_000;
/** Handshake: the session time-out shared among the servers, so that each is tried before the session is lost. */
const HANDSHAKE_MS = { min: 1_000, max: 5_000 };
/** No read takes longer on a server that is well; the liveness check below notices one that is not. */
const MAX_READ_MS = 10_000;
/** A session that could not be resumed for this many session time-outs is given up: the server has forgotten it, or refuses
 * our newest transaction because it was restored from a backup. */
const ABANDON_AFTER_TIMEOUTS = 2;

/** A `Connect` over `openLink`: see `ZooKeeperSession`. */
export function connectOver(deps: SessionDeps): Connect {
  return (options) => {
    const session = new ZooKeeperSession(options, deps);
    session.open();
    return session;
  };
}

/**
 * A ZooKeeper session that outlives its connections (decision D9). Every connection has a deadline for its handshake and,
 * once up, must answer a ping sent every third of the session time-out within two thirds of it; every read has a deadline.
 * After a loss the session is resumed on the next server, after expiry a new one is made, for ever, with full-jitter backoff.
 */
class ZooKeeperSession implements ZooKeeperConnection {
  readonly #options: ConnectOptions;
  readonly #deps: SessionDeps;
  readonly #servers: readonly { readonly host: string; readonly port: number }[];
  readonly #state = new Cell<SessionState>({ kind: "connecting" });
  readonly #reads: ReadQueue;
  readonly #retry: RetryTimer;
  #nextServer: number;
  #link: Link | undefined;
  /** Handshake deadline, then pause before a ping, then the ping's deadline: one at a time. */
  #watchdog: Timer | undefined;
  #ticket: SessionTicket | undefined;
  #seenZxid = 0n;
  #timeoutMs: number;
  #upSinceMs: number | undefined;
  #lostAtMs = 0;
  #closed = false;

  constructor(options: ConnectOptions, deps: SessionDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#servers = options.servers.map(serverOf);
    this.#nextServer = below(deps.rng, this.#servers.length);
    this.#reads = new ReadQueue(deps.clock, MAX_OUTSTANDING_READS);
    this.#retry = new RetryTimer(BACKOFF, deps);
    this.#timeoutMs = options.sessionTimeoutMs;
  }

  get state(): Cell<SessionState> {
    return this.#state;
  }

  children(path: string, answer: Answer<Children>): void {
    this.#read((link, done) => link.children(path, done), answer);
  }

  data(path: string, answer: Answer<ZnodeData>): void {
    this.#read((link, done) => link.data(path, done), answer);
  }

  exists(path: string, answer: Answer<boolean>): void {
    this.#read((link, done) => link.exists(path, done), answer);
  }

  open(): void {
    if (this.#closed) return;
    const server = this.#servers[this.#nextServer++ % this.#servers.length];
    if (server === undefined) throw new Error("a session needs at least one server");
    this.#giveUpOldSession();
    // Events of a link that was cut meanwhile are nobody's.
    const current = (act: () => void) => {
      if (this.#link === link) act();
    };
    const events: LinkEvents = {
      up: (session) => current(() => this.#up(session.ticket, session.sessionTimeoutMs)),
      down: (reason) => current(() => this.#lost(`${server.host}:${server.port}: ${reason}`)),
      expired: () => current(() => this.#expired()),
      watch: (event) => current(() => this.#options.onWatch(event)),
    };
    const { sessionTimeoutMs } = this.#options;
    const link = this.#deps.openLink({ ...server, sessionTimeoutMs, resume: this.#ticket, seenZxid: this.#seenZxid }, events);
    this.#link = link;
    const share = this.#timeoutMs / this.#servers.length;
    const handshakeMs = Math.round(Math.min(HANDSHAKE_MS.max, Math.max(HANDSHAKE_MS.min, share)));
    this.#watch(handshakeMs, () => this.#lost(`${server.host}:${server.port}: no ZooKeeper handshake within ${handshakeMs} ms`));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#retry.cancel();
    this.#watchdog?.cancel();
    const link = this.#link;
    this.#link = undefined;
    this.#reads.failAll("the session was closed");
    link?.end();
  }

  #read<T>(send: (link: Link, answer: Answer<T>) => void, answer: Answer<T>): void {
    if (this.#upSinceMs === undefined || this.#link === undefined) {
      answer(fail({ kind: "failed", reason: "not connected" }));
      return;
    }
    const deadlineMs = Math.min(MAX_READ_MS, this.#livenessMs());
    this.#reads.submit<T>(
      deadlineMs,
      (done) => {
        if (this.#link === undefined) done(fail({ kind: "failed", reason: "not connected" }));
        else send(this.#link, done);
      },
      answer,
    );
  }

  #up(ticket: SessionTicket, sessionTimeoutMs: number): void {
    this.#ticket = ticket;
    this.#timeoutMs = sessionTimeoutMs;
    this.#upSinceMs = this.#deps.clock.nowMs();
    this.#watch(this.#pingPauseMs(), () => this.#ping());
    this.#deps.log.info("zookeeper-connected", { sessionId: ticket.sessionId, sessionTimeoutMs });
    this.#state.set({ kind: "connected", sessionId: ticket.sessionId });
  }

  #ping(): void {
    const link = this.#link;
    if (link === undefined) return;
    const deadlineMs = this.#livenessMs();
    this.#watch(deadlineMs, () => this.#lost(`no answer within ${deadlineMs} ms`));
    // A failure is an answer too: the server speaks.
    link.ping(() => {
      if (this.#link === link) this.#watch(this.#pingPauseMs(), () => this.#ping());
    });
  }

  #lost(cause: string): void {
    const { clock, log } = this.#deps;
    this.#dropLink();
    const { value: state } = this.#state;
    if (state.kind === "connected") {
      this.#lostAtMs = clock.nowMs();
      log.warn("zookeeper-disconnected", { cause });
      this.#state.set({ kind: "disconnected", sinceMs: clock.wallMs(), cause });
    } else if (state.kind === "connecting" && state.cause === undefined) {
      log.warn("zookeeper-unreachable", { cause });
      this.#state.set({ kind: "connecting", cause });
    }
    // Only now: whoever asked knows already that the connection is gone, and takes no failure for an answer.
    this.#reads.failAll(cause);
    if (!this.#closed) this.#retry.failed(() => this.open());
  }

  #expired(): void {
    const { clock, log } = this.#deps;
    const cause = "the session expired";
    this.#dropLink();
    this.#forgetSession();
    const { value: state } = this.#state;
    const sinceMs = state.kind === "disconnected" || state.kind === "expired" ? state.sinceMs : clock.wallMs();
    log.warn("zookeeper-session-expired", { sinceMs });
    this.#state.set({ kind: "expired", sinceMs, cause });
    this.#reads.failAll(cause);
    if (!this.#closed) this.#retry.failed(() => this.open());
  }

  #dropLink(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#watchdog?.cancel();
    this.#watchdog = undefined;
    if (link !== undefined && link.seenZxid > this.#seenZxid) this.#seenZxid = link.seenZxid;
    if (this.#upSinceMs !== undefined && this.#deps.clock.nowMs() - this.#upSinceMs >= STABLE_MS) this.#retry.succeeded();
    this.#upSinceMs = undefined;
    link?.destroy();
  }

  #giveUpOldSession(): void {
    if (this.#ticket === undefined) return;
    if (this.#deps.clock.nowMs() - this.#lostAtMs > ABANDON_AFTER_TIMEOUTS * this.#timeoutMs) this.#forgetSession();
  }

  #forgetSession(): void {
    this.#ticket = undefined;
    this.#seenZxid = 0n;
  }

  #watch(delayMs: number, task: () => void): void {
    this.#watchdog?.cancel();
    this.#watchdog = this.#deps.clock.schedule(delayMs, task);
  }

  #pingPauseMs(): number {
    return Math.floor(this.#timeoutMs / 3);
  }

  #livenessMs(): number {
    return Math.floor((this.#timeoutMs * 2) / 3);
  }
}

function serverOf(text: string): { readonly host: string; readonly port: number } {
  const split = splitHostPort(text);
  // The configuration was checked before it came here.
  if (!split.ok) throw new Error(split.error);
  return split.value;
}
