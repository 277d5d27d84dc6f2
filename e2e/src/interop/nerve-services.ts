// Services registered in ZooKeeper as Nerve does it, each endpoint a real backend that is stopped some time after it left.

import { stopLater } from "../harness/teardown.js";
import type { ZooKeeperSession } from "../harness/zookeeper-client.js";
import { type AnyClientBackend, startAnyClientBackend } from "./any-client-backend.js";
import type { CallingClient } from "./calling-client.js";

export interface Registration {
  readonly backend: AnyClientBackend;
  readonly weight: number;
  readonly zone: string;
  readonly instance: string;
}

/**
 * A deployment waits some time before it stops what it has taken out. Here it waits until every caller has called the service so often
 * without coming to this backend, whatever time that takes on a busy machine: one with a twentieth of the weight is left out by chance
 * once in 2,000 times.
 */
const CALLS_ELSEWHERE = 150;
const LOOK_MS = 100;

/** A backend that left, and how often each caller of its service had called when it was called last. */
interface Leaving {
  readonly service: string;
  readonly backend: AnyClientBackend;
  requests: number;
  callsThen: ReadonlyMap<CallingClient, number>;
}

export const NERVE_PATH = "/nerve/*";

export class NerveServices {
  readonly #session: ZooKeeperSession;
  readonly #services = new Map<string, Map<string, Registration>>();
  readonly #leaving = new Set<Leaving>();
  /** Everybody who may call. */
  callers: readonly CallingClient[] = [];
  #started = 0;
  /** Backends that left and were stopped. */
  stopped = 0;

  constructor(session: ZooKeeperSession) {
    this.#session = session;
    const timer = setInterval(() => this.#stopIdle(), LOOK_MS);
    stopLater({ name: "backends that leave", stop: () => clearInterval(timer) });
  }

  get names(): readonly string[] {
    return [...this.#services.keys()];
  }

  /** What is registered of a service, by znode. */
  of(service: string): ReadonlyMap<string, Registration> {
    return this.#services.get(service) ?? new Map();
  }

  async create(service: string): Promise<void> {
    await this.#session.mkdirp(`/nerve/${service}`);
    this.#services.set(service, new Map());
  }

  async add(service: string, weight = 100): Promise<void> {
    const number = ++this.#started;
    const backend = await startAnyClientBackend(`${service}-${number}`);
    const registration = { backend, weight, zone: "a", instance: `i-${number}` };
    await this.#session.create(`/nerve/${service}/m-${number}`, nerve(registration));
    this.#services.get(service)?.set(`m-${number}`, registration);
  }

  async change(service: string, znode: string, over: Partial<Registration>): Promise<void> {
    const registration = this.of(service).get(znode);
    if (registration === undefined) throw new Error(`${service} has no ${znode}`);
    const next = { ...registration, ...over };
    await this.#session.set(`/nerve/${service}/${znode}`, nerve(next));
    this.#services.get(service)?.set(znode, next);
  }

  async remove(service: string, znode: string): Promise<void> {
    const registration = this.of(service).get(znode);
    if (registration === undefined) throw new Error(`${service} has no ${znode}`);
    await this.#session.remove(`/nerve/${service}/${znode}`);
    this.#services.get(service)?.delete(znode);
    const { backend } = registration;
    this.#leaving.add({ service, backend, requests: backend.requests(), callsThen: this.#callsTo(service) });
  }

  /** The service is no more. */
  async drop(service: string): Promise<void> {
    for (const znode of this.of(service).keys()) await this.remove(service, znode);
    await this.#session.remove(`/nerve/${service}`);
    this.#services.delete(service);
  }

  #stopIdle(): void {
    for (const leaving of this.#leaving) {
      const { service, backend } = leaving;
      const calls = this.#callsTo(service);
      if (backend.requests() !== leaving.requests) {
        leaving.requests = backend.requests();
        leaving.callsThen = calls;
      }
      // Of a service that is no more everybody has taken leave before.
      const isCalled =
        this.#services.has(service) &&
        this.callers.some((caller) => (calls.get(caller) ?? 0) - (leaving.callsThen.get(caller) ?? 0) < CALLS_ELSEWHERE);
      if (isCalled) continue;
      this.#leaving.delete(leaving);
      this.stopped += 1;
      backend.stop();
    }
  }

  #callsTo(service: string): ReadonlyMap<CallingClient, number> {
    return new Map(this.callers.map((caller) => [caller, caller.answers.countOf(service)]));
  }
}

function nerve({ backend, weight, zone, instance }: Registration): string {
  const [host, port] = backend.address.split(":");
  return JSON.stringify({ host, port: Number(port), name: instance, weight, labels: { zone } });
}
