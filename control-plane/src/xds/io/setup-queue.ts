// Connections on their way from the kernel to the server. Setting one up costs more than taking it: a fleet that comes back at once would
// fill the kernel's queue meanwhile, and whoever finds no room there waits for a second or more. So they are taken as they come, and set
// up some at a time, with what else there is to do in between.

import type { Socket } from "node:net";

/** Some 10 ms of work. */
export const SET_UP_AT_ONCE = 100;

export class SetupQueue {
  #waiting: { readonly socket: Socket; readonly setUp: () => void }[] = [];
  #turn: NodeJS.Immediate | undefined;

  /** `setUp` is called in its turn, unless the connection has ended by then. */
  add(socket: Socket, setUp: () => void): void {
    this.#waiting.push({ socket, setUp });
    this.#turn ??= setImmediate(() => this.#next());
  }

  /** Ends those that wait. */
  close(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    for (const { socket } of this.#waiting) socket.destroy();
    this.#waiting = [];
  }

  #next(): void {
    this.#turn = undefined;
    for (const { socket, setUp } of this.#waiting.splice(0, SET_UP_AT_ONCE)) if (!socket.destroyed) setUp();
    if (this.#waiting.length > 0) this.#turn = setImmediate(() => this.#next());
  }
}
