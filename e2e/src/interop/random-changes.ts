// What happens to services while foreign clients call them, drawn from a seed.

import { below, type Rng } from "@fairlead/shared";
import type { Config } from "../harness/planes.js";
import type { NerveServices } from "./nerve-services.js";

/** Services that are called from beginning to end. */
export const STANDING = ["cart", "find", "shop"] as const;
/** Services that come, are called, and go. */
export const VISITING = ["ads", "blog", "help", "news", "play"] as const;

/** Of a service's settings, in the words of the configuration. */
export type ServiceSettings = Readonly<Record<string, unknown>>;

/** What a change needs of the world beside the registrations. */
export interface Churned {
  readonly services: NerveServices;
  /** Puts new settings of a service in force; undefined takes it out of the configuration. */
  configure(service: string, settings: ServiceSettings | undefined): void;
  /** The service is registered now: from now on everybody calls it. */
  arrived(service: string): void;
  /** Everybody stops calling it; resolves when nobody does. */
  leaving(service: string): Promise<void>;
  /** It is registered no more and nobody calls it: an operator confirms so. */
  confirm(service: string): Promise<void>;
  /** Resolves when every client has seen it go, so that its name may come again. */
  gone(service: string): Promise<void>;
}

/** More endpoints cost processes' time and show nothing more. */
const ENDPOINTS_MAX = 6;
/** Those that get traffic; one of them may leave. */
const SERVING_MIN = 2;
const WEIGHTS = [50, 100, 200];
const ZONES = ["a", "b", "c"];

/** Undefined when there was nothing to change. */
type Change = () => Promise<string | undefined>;
type Weighted = readonly [weight: number, change: Change];

export class RandomChanges {
  readonly #churned: Churned;
  readonly #rng: Rng;
  readonly #changes: readonly Weighted[];
  readonly #always: readonly Weighted[];
  /** Registered no more, and not confirmed yet. */
  readonly lost: string[] = [];

  constructor(churned: Churned, rng: Rng) {
    this.#churned = churned;
    this.#rng = rng;
    this.#always = [
      [5, () => this.#add()],
      [5, () => this.#remove()],
      [2, () => this.#replaceAll()],
      [4, () => this.#reweight()],
      [2, () => this.#drain()],
      [2, () => this.#move()],
      [2, () => this.#restart()],
      [5, () => this.#configure()],
    ];
    this.#changes = [...this.#always, [3, () => this.#come()], [3, () => this.lose()], [3, () => this.#confirm()]];
  }

  /** Makes a change and says what it was. While the control plane is away no service comes or goes: callers could not follow. */
  async next(away: boolean): Promise<string> {
    for (;;) {
      const said = await this.#drawn(away ? this.#always : this.#changes)();
      if (said !== undefined) return said;
    }
  }

  #drawn(from: readonly Weighted[]): Change {
    const total = from.reduce((sum, [weight]) => sum + weight, 0);
    let left = below(this.#rng, total);
    for (const [weight, change] of from) {
      if (left < weight) return change;
      left -= weight;
    }
    throw new Error("weights do not add up");
  }

  #pick<T>(of: readonly T[]): T {
    const item = of[below(this.#rng, of.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  async #add(): Promise<string | undefined> {
    const { services } = this.#churned;
    const service = this.#pick(services.names);
    if (services.of(service).size >= ENDPOINTS_MAX) return undefined;
    await services.add(service, this.#pick(WEIGHTS));
    return `an endpoint of ${service} comes`;
  }

  async #remove(): Promise<string | undefined> {
    const { services } = this.#churned;
    const service = this.#pick(services.names);
    const znode = this.#expendable(service);
    if (znode === undefined) return undefined;
    await services.remove(service, znode);
    return `${znode} of ${service} goes`;
  }

  /** As a deployment of all at once does it: the new ones are there before the old ones leave. */
  async #replaceAll(): Promise<string> {
    const { services } = this.#churned;
    const service = this.#pick(services.names);
    const before = [...services.of(service).keys()];
    for (let count = 0; count < SERVING_MIN; count++) await services.add(service);
    for (const znode of before) await services.remove(service, znode);
    return `all of ${service} are replaced`;
  }

  async #reweight(): Promise<string> {
    const { services } = this.#churned;
    const service = this.#pick(services.names);
    const [znode, { weight }] = this.#pick([...services.of(service)]);
    const next = this.#pick(WEIGHTS.filter((other) => other !== weight));
    await services.change(service, znode, { weight: next });
    return `${znode} of ${service} weighs ${next}`;
  }

  async #drain(): Promise<string | undefined> {
    const { services } = this.#churned;
    const service = this.#pick(services.names);
    const znode = this.#expendable(service);
    if (znode === undefined || services.of(service).get(znode)?.weight === 0) return undefined;
    await services.change(service, znode, { weight: 0 });
    return `${znode} of ${service} drains`;
  }

  async #move(): Promise<string> {
    const { services } = this.#churned;
    const service = this.#pick(services.names);
    const [znode, { zone }] = this.#pick([...services.of(service)]);
    const next = this.#pick(ZONES.filter((other) => other !== zone));
    await services.change(service, znode, { zone: next });
    return `${znode} of ${service} is in zone ${next}`;
  }

  async #restart(): Promise<string> {
    const { services } = this.#churned;
    const service = this.#pick(services.names);
    const [znode, { instance }] = this.#pick([...services.of(service)]);
    await services.change(service, znode, { instance: `${instance}+` });
    return `${znode} of ${service} is another instance`;
  }

  async #configure(): Promise<string> {
    const service = this.#pick(this.#churned.services.names);
    const settings = this.#settings();
    this.#churned.configure(service, settings);
    return `${service} is set to ${JSON.stringify(settings)}`;
  }

  async #come(): Promise<string | undefined> {
    const { services } = this.#churned;
    const absent = VISITING.filter((name) => !services.names.includes(name) && !this.lost.includes(name));
    if (absent.length === 0) return undefined;
    const service = this.#pick(absent);
    await this.#churned.gone(service);
    this.#churned.configure(service, {});
    await services.create(service);
    for (let count = 0; count <= SERVING_MIN; count++) await services.add(service);
    this.#churned.arrived(service);
    return `${service} comes`;
  }

  /** A visiting service goes: first its callers, then its registrations and its settings. */
  async lose(): Promise<string | undefined> {
    const { services } = this.#churned;
    const present = VISITING.filter((name) => services.names.includes(name));
    if (present.length === 0) return undefined;
    const service = this.#pick(present);
    await this.#churned.leaving(service);
    await services.drop(service);
    this.#churned.configure(service, undefined);
    this.lost.push(service);
    return `${service} goes`;
  }

  async #confirm(): Promise<string | undefined> {
    const service = this.lost.shift();
    if (service === undefined) return undefined;
    await this.#churned.confirm(service);
    return `${service} is confirmed to be gone`;
  }

  /** One that may leave: enough others serve. */
  #expendable(service: string): string | undefined {
    const all = [...this.#churned.services.of(service)];
    const serving = all.filter(([, { weight }]) => weight > 0).map(([znode]) => znode);
    const idle = all.filter(([, { weight }]) => weight === 0).map(([znode]) => znode);
    const choice = serving.length > SERVING_MIN ? [...serving, ...idle] : idle;
    return choice.length === 0 ? undefined : this.#pick(choice);
  }

  #settings(): ServiceSettings {
    const hashOn = { header: "x-user" };
    return {
      lb: this.#pick<unknown>(["round-robin", "least-request", "random", { policy: "ring-hash", hashOn }, { policy: "maglev", hashOn }]),
      timeout: this.#pick(["10s", "15s", "20s"]),
      retries: { attempts: this.#pick([0, 1, 2]) },
      limits: { maxRequests: 1_000 + below(this.#rng, 1_000), maxConnections: 1_000 + below(this.#rng, 1_000) },
      outlier: this.#pick<unknown>(["none", { interval: "5s", consecutive5xx: 5 }, { failurePercentageThreshold: 90 }]),
      slowStart: this.#pick(["0s", "1s", "5s"]),
      subset: this.#pick<unknown>(["none", "none", { size: 2 }]),
    };
  }
}

/** The control plane's configuration with the settings of each service, and the local port that Envoys need. */
export function configWith(base: Config, settings: ReadonlyMap<string, ServiceSettings>, ports: ReadonlyMap<string, number>): Config {
  const services = Object.fromEntries([...settings].map(([name, own]) => [name, { localPort: ports.get(name), ...own }]));
  return { ...base, services };
}
