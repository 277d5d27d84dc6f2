import { below, type Rng, splitHostPort } from "@fairlead/shared";

export interface Server {
  readonly host: string;
  readonly port: number;
  /** `host:port` as it was configured. */
  readonly name: string;
}

/** The servers of an ensemble, one after the other, for ever. */
export class ServerList {
  readonly #servers: readonly Server[];
  #next = 0;

  /** @param names `host:port`, already checked; at least one */
  constructor(names: readonly string[], rng: Rng) {
    this.#servers = shuffled(names.map(serverOf), rng);
  }

  get size(): number {
    return this.#servers.length;
  }

  next(): Server {
    const server = this.#servers[this.#next++ % this.#servers.length];
    if (server === undefined) throw new Error("an ensemble has at least one server");
    return server;
  }
}

function serverOf(name: string): Server {
  const split = splitHostPort(name);
  // The configuration was checked before it came here.
  if (!split.ok) throw new Error(split.error);
  return { ...split.value, name };
}

/** Many control planes that lose one server do not all move on to the same next one (Fisher and Yates). */
function shuffled<T>(items: readonly T[], rng: Rng): readonly T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(below(rng, rest.length), 1));
  return order;
}
