import type { AddressInfo, Server } from "node:net";
import { type Clock, fail, ok, type Result } from "@fairlead/shared";
import type { ListenerSpec, Listening } from "../engine.js";

/** The servers of an engine: each is opened, and stops accepting once, whoever asks for it. */
export class Listeners<S extends Server> {
  readonly #open = new Set<S>();
  readonly #closing = new WeakMap<S, Promise<void>>();

  /** Fails with a reason for a person. @param cut ends the connections that this server has accepted, at once */
  listen(server: S, { host, port }: ListenerSpec, cut: () => void): Promise<Result<Listening>> {
    return new Promise((resolve) => {
      server.once("error", (error) => resolve(fail(`cannot listen on ${host}:${port}: ${error.message}`)));
      server.listen(port, host, () => {
        server.removeAllListeners("error");
        this.#open.add(server);
        const at = server.address() as AddressInfo;
        resolve(ok({ host: at.address, port: at.port, close: () => this.#close(server, cut) }));
      });
    });
  }

  /** Lets nobody in any more. Each resolves when the last connection of its server has ended. */
  stopAccepting(): readonly Promise<void>[] {
    return [...this.#open].map((server) => this.#stop(server));
  }

  #stop(server: S): Promise<void> {
    let closed = this.#closing.get(server);
    if (closed === undefined) {
      closed = new Promise((resolve) => server.close(() => resolve()));
      this.#closing.set(server, closed);
      this.#open.delete(server);
    }
    return closed;
  }

  async #close(server: S, cut: () => void): Promise<void> {
    const closed = this.#stop(server);
    cut();
    await closed;
  }
}

/** Whoever waits until nothing is under way. */
export class IdleWait {
  #onIdle: (() => void) | undefined;

  within(timeoutMs: number, clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.schedule(timeoutMs, resolve);
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  reached(): void {
    this.#onIdle?.();
  }
}
