import { Cell, type Clock, fail, type Log, type Rng, type Timer } from "@fairlead/shared";
import { RetryTimer } from "../retry-timer.js";
import type { Answer, Children, Connect, ConnectOptions, ReadLoad, SessionState, ZnodeData, ZooKeeperConnection } from "./connection.js";
import { Doubt } from "./doubt.js";
import type { Link, LinkEvents, OpenLink, SessionTicket } from "./link.js";
import { type Loss, Outage } from "./outage.js";
import { ReadQueue } from "./read-queue.js";
import { type Server, ServerList } from "./server-list.js";

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
/** While servers are behind: each try is a session of its own, two transactions that bring the server nearer to the floor. */
const BEHIND_BACKOFF = { firstMs: 500, maxMs: 30_000 };
/** A connection that held this long was a good one; the next failure begins a new count. */
const STABLE_MS = 5_000;
/** Handshake: the session time-out shared among the servers, so that each is tried before the session is lost. */
const HANDSHAKE_MS = { min: 1_000, max: 5_000 };
/** No read takes longer on a server that is well; the liveness check below notices one that is not. */
const MAX_READ_MS = 10_000;
/** A session that could not be resumed for this many session time-outs is given up: the server has forgotten it. */
const ABANDON_AFTER_TIMEOUTS = 2;
/** A follower is usually some milliseconds behind its leader. It is asked again this often and this long before it is left. */
const CATCH_UP = { everyMs: 100, forMs: 500 };
/** A `Connect` over `openLink`: see `ZooKeeperSession`. */
export function connectOver(deps: SessionDeps): Connect {
  return (options) => {
    const session = new ZooKeeperSession(options, deps);
    session.open();
    return session;
  };
}

/**
 * A ZooKeeper session that outlives its connections (decision D9). Every connection has a deadline for its handshake, must
 * have seen what we have seen, and, once up, must answer a ping sent every third of the session time-out within two thirds
 * of it; every read has a deadline. After a loss the session is resumed on the next server, after expiry a new one is made,
 * for ever, with full-jitter backoff.
 */
class ZooKeeperSession implements ZooKeeperConnection {
  readonly #options: ConnectOptions;
  readonly #deps: SessionDeps;
  readonly #servers: ServerList;
  readonly #state = new Cell<SessionState>({ kind: "connecting" });
  readonly #reads: ReadQueue;
  readonly #retry: RetryTimer;
  readonly #behindRetry: RetryTimer;
  readonly #outage = new Outage();
  readonly #doubt: Doubt;
  #link: Link | undefined;
  /** Handshake deadline, then pause before a ping, then the ping's deadline: one at a time. */
  #watchdog: Timer | undefined;
  #catchUp: Timer | undefined;
  #ticket: SessionTicket | undefined;
  #timeoutMs: number;
  #upSinceMs: number | undefined;
  #lostAtMs = 0;
  #closed = false;

  constructor(options: ConnectOptions, deps: SessionDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#servers = new ServerList(options.servers, deps.rng);
    this.#doubt = new Doubt({ ...deps, floor: options.floor, onEnd: options.onFloorGivenUp });
    this.#reads = new ReadQueue(deps.clock, MAX_OUTSTANDING_READS);
    this.#retry = new RetryTimer(BACKOFF, deps);
    this.#behindRetry = new RetryTimer(BEHIND_BACKOFF, deps);
    this.#timeoutMs = options.sessionTimeoutMs;
  }

  get state(): Cell<SessionState> {
    return this.#state;
  }

  get load(): ReadLoad {
    return this.#reads.load;
  }

  children(path: string, answer: Answer<Children>): void {
    this.#ask((link, done) => link.children(path, done), answer);
  }

  data(path: string, answer: Answer<ZnodeData>): void {
    this.#ask((link, done) => link.data(path, done), answer);
  }

  exists(path: string, answer: Answer<boolean>): void {
    this.#ask((link, done) => link.exists(path, done), answer);
  }

  create(path: string, data: Uint8Array, lives: "persistent" | "ephemeral", answer: Answer<"created" | "exists">): void {
    this.#ask((link, done) => link.create(path, data, lives, done), answer);
  }

  write(path: string, data: Uint8Array, answer: Answer<void>): void {
    this.#ask((link, done) => link.write(path, data, done), answer);
  }

  believeServers(): boolean {
    if (this.#closed || !this.#doubt.active) return false;
    this.#doubt.end("operator");
    this.#cancelRetries();
    this.#dropLink();
    this.open();
    return true;
  }

  open(): void {
    if (this.#closed) return;
    const server = this.#servers.next();
    this.#giveUpOldSession();
    // Events of a link that was cut meanwhile are nobody's.
    const current = (act: () => void) => {
      if (this.#link === link) act();
    };
    const events: LinkEvents = {
      up: (session) => current(() => this.#verify(server, session)),
      down: ({ kind, reason }) => current(() => this.#lost({ kind, reason: `${server.name}: ${reason}` })),
      expired: () => current(() => this.#expired()),
      watch: (event) => current(() => this.#options.onWatch(event)),
    };
    const { sessionTimeoutMs, access } = this.#options;
    const { host, port } = server;
    const link = this.#deps.openLink({ host, port, sessionTimeoutMs, resume: this.#ticket, access }, events);
    this.#link = link;
    const share = this.#timeoutMs / this.#servers.size;
    const handshakeMs = Math.round(Math.min(HANDSHAKE_MS.max, Math.max(HANDSHAKE_MS.min, share)));
    this.#watch(handshakeMs, () =>
      this.#lost({ kind: "silent", reason: `${server.name}: no ZooKeeper handshake within ${handshakeMs} ms` }),
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelRetries();
    this.#watchdog?.cancel();
    this.#catchUp?.cancel();
    const link = this.#link;
    this.#link = undefined;
    this.#reads.failAll("the session was closed");
    link?.end();
  }

  #ask<T>(send: (link: Link, answer: Answer<T>) => void, answer: Answer<T>): void {
    if (this.#upSinceMs === undefined || this.#link === undefined) {
      answer(fail({ kind: "failed", reason: "not connected" }));
      return;
    }
    const deadlineMs = Math.min(MAX_READ_MS, this.#livenessMs());
    this.#reads.submit<T>(
      deadlineMs,
      (done) => {
        const link = this.#link;
        if (link === undefined) done(fail({ kind: "failed", reason: "not connected" }));
        else
          send(link, (result) => {
            this.#options.floor.raise(link.seenZxid);
            done(result);
          });
      },
      answer,
    );
  }

  /** The handshake does not say how far the server is; its first answer does. Until then nothing is read. */
  #verify(server: Server, session: Parameters<LinkEvents["up"]>[0]): void {
    const { clock } = this.#deps;
    const untilMs = clock.nowMs() + CATCH_UP.forMs;
    const link = this.#link;
    const look = () =>
      link?.ping(() => {
        if (this.#link !== link) return;
        const { floor } = this.#options;
        if (link.seenZxid >= floor.value) this.#up(server, session);
        else if (clock.nowMs() < untilMs) this.#catchUp = clock.schedule(CATCH_UP.everyMs, look);
        else this.#behind(server, link);
      });
    look();
  }

  #up(server: Server, { ticket, sessionTimeoutMs }: Parameters<LinkEvents["up"]>[0]): void {
    this.#ticket = ticket;
    this.#timeoutMs = sessionTimeoutMs;
    this.#upSinceMs = this.#deps.clock.nowMs();
    this.#doubt.dispelled();
    this.#behindRetry.succeeded();
    this.#outage.over();
    if (this.#link !== undefined) this.#options.floor.raise(this.#link.seenZxid);
    this.#watch(this.#pingPauseMs(), () => this.#ping());
    const { sessionId } = ticket;
    this.#deps.log.info("zookeeper-connected", { server: server.name, sessionId, sessionTimeoutMs });
    this.#state.set({ kind: "connected", sessionId, server: server.name, sessionTimeoutMs, history: this.#doubt.history });
  }

  #behind(server: Server, link: Link): void {
    const reason = this.#doubt.behind(server.name, link.seenZxid);
    // A session that was made here is of no use; one that was resumed may live on at another server.
    if (this.#ticket === undefined) {
      this.#link = undefined;
      link.end();
    }
    this.#lost({ kind: "behind", reason });
  }

  #ping(): void {
    const link = this.#link;
    if (link === undefined) return;
    const deadlineMs = this.#livenessMs();
    this.#watch(deadlineMs, () => this.#lost({ kind: "silent", reason: `no answer within ${deadlineMs} ms` }));
    // A failure is an answer too: the server speaks.
    link.ping(() => {
      if (this.#link !== link) return;
      this.#options.floor.raise(link.seenZxid);
      this.#watch(this.#pingPauseMs(), () => this.#ping());
    });
  }

  #lost(loss: Loss): void {
    const { clock, log } = this.#deps;
    const { value: state } = this.#state;
    this.#dropLink();
    this.#options.onLoss(loss.kind);
    const { fresh, worst } = this.#outage.note(loss);
    if (state.kind === "connected") {
      this.#lostAtMs = clock.nowMs();
      log.warn("zookeeper-disconnected", { kind: loss.kind, cause: loss.reason });
      this.#state.set({ kind: "disconnected", sinceMs: clock.wallMs(), cause: worst.reason });
    } else {
      if (fresh) log.warn("zookeeper-unreachable", { kind: loss.kind, cause: loss.reason });
      if (state.cause !== worst.reason) this.#state.set({ ...state, cause: worst.reason });
    }
    // Only now: whoever asked knows already that the connection is gone, and takes no failure for an answer.
    this.#reads.failAll(loss.reason);
    if (this.#closed) return;
    const retry = this.#doubt.active ? this.#behindRetry : this.#retry;
    retry.failed(() => this.open());
  }

  #expired(): void {
    const { clock, log } = this.#deps;
    const cause = "the session expired";
    this.#dropLink();
    this.#ticket = undefined;
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
    this.#catchUp?.cancel();
    if (this.#upSinceMs !== undefined && this.#deps.clock.nowMs() - this.#upSinceMs >= STABLE_MS) this.#retry.succeeded();
    this.#upSinceMs = undefined;
    link?.destroy();
  }

  #cancelRetries(): void {
    this.#retry.cancel();
    this.#behindRetry.cancel();
  }

  #giveUpOldSession(): void {
    if (this.#ticket === undefined) return;
    if (this.#deps.clock.nowMs() - this.#lostAtMs > ABANDON_AFTER_TIMEOUTS * this.#timeoutMs) this.#ticket = undefined;
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
