// A request, or the WebSocket that it became, as seen by an endpoint that it has to leave.

import type { EndpointState } from "../../endpoint/index.js";
import type { DrainingTenant } from "../draining.js";
import { LIMITS } from "../limits.js";
import type { Account } from "./account.js";
import type { Exchange } from "./exchange.js";
import type { ExchangeContext } from "./exchange-context.js";
import { FrameBoundary } from "./frame-boundary.js";
import type { Wire } from "./wire.js";

/** Close, 1001: going away (RFC 6455 section 7.4.1). A server's frames are not masked. */
const GOING_AWAY = Buffer.from([0x88, 2, 0x03, 0xe9]);

interface StayingCaller {
  readonly wire: Wire;
  readonly account: Account;
  cut(): void;
}

export class Stay implements DrainingTenant {
  readonly #caller: StayingCaller;
  readonly #exchange: Exchange;
  readonly #context: ExchangeContext;
  /** Of what goes to the caller; undefined while it is no tunnel. */
  #frames: FrameBoundary | undefined;
  /** When both sides of the tunnel were told to go. */
  #sentAwayMs: number | undefined;

  constructor(caller: StayingCaller, exchange: Exchange, context: ExchangeContext) {
    this.#caller = caller;
    this.#exchange = exchange;
    this.#context = context;
  }

  get endpoint(): EndpointState | undefined {
    return this.#sentAwayMs === undefined ? this.#exchange.attempt?.lease.endpoint : undefined;
  }

  get service(): string | undefined {
    return this.#exchange.attempt?.cluster.name;
  }

  get occupancy(): object | undefined {
    return this.#exchange.attempt;
  }

  get isOpenEnded(): boolean {
    return this.#frames !== undefined;
  }

  becameTunnel(): void {
    this.#frames = new FrameBoundary();
  }

  /** These bytes went through the tunnel to the caller. */
  passed(bytes: Uint8Array, start: number, end: number): void {
    this.#frames?.pass(bytes, start, end);
  }

  /**
   * A WebSocket ends in order: a Close frame where one may stand, then FIN for both after what was written. A request without an answer
   * goes elsewhere if it may, and an answer breaks off.
   */
  sendAway(): void {
    if (this.#frames === undefined) {
      this.#exchange.giveUp();
      return;
    }
    if (this.#sentAwayMs !== undefined) return;
    this.#sentAwayMs = this.#context.nowMs();
    const { wire, account } = this.#caller;
    account.why ??= "tunnel-moved";
    if (this.#frames.isBetween) wire.write(GOING_AWAY);
    wire.end();
    this.#exchange.upstream?.wire.end();
  }

  /** Who was told to go and has not noticed by now is cut off. */
  sweep(nowMs: number): void {
    if (this.#sentAwayMs === undefined || nowMs - this.#sentAwayMs < LIMITS["linger-time"].value) return;
    this.#caller.account.hit("linger-time");
    this.#caller.cut();
  }
}
