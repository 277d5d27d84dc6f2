// A control plane on ZooKeeper, every foreign client, and services that all of them call while they change.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Rng } from "@fairlead/shared";
import { expect } from "vitest";
import type { Config, ControlPlane } from "../harness/planes.js";
import { until, untilEqual } from "../harness/until.js";
import { type CallingClient, GRPC_CLIENTS } from "./calling-client.js";
import { type ChurnedParts, startChurnedParts } from "./churned-parts.js";
import type { EnvoyHost, ModalEnvoy } from "./envoy-modes.js";
import type { NerveServices, Registration } from "./nerve-services.js";
import { type Churned, configWith, RandomChanges, type ServiceSettings, STANDING } from "./random-changes.js";

/** A publish follows its change within a second; a machine under load may take its time. */
const PUBLISH = { timeoutMs: 30_000, everyMs: 5 };
/** Clients that lost their control plane back off for some seconds, Envoy for up to 30. */
const RECONNECT = { timeoutMs: 90_000, everyMs: 100 };

interface Stream {
  readonly node: string;
  readonly connected: boolean;
  readonly types: readonly {
    readonly type: string;
    readonly lastNack?: { readonly reason: string; readonly resources: readonly string[] };
  }[];
}

export class ChurnedMesh implements Churned {
  readonly services: NerveServices;
  readonly controlPlane: ControlPlane;
  readonly envoys: readonly ModalEnvoy[];
  readonly callers: readonly CallingClient[];
  readonly changes: RandomChanges;
  /** What happened, each with its time on the clock of `performance.now()`. */
  readonly history: string[] = [];
  /** Of responses, by anybody, as the control plane saw them. */
  readonly nacks: string[] = [];
  snapshots = 0;
  readonly #base: Config;
  readonly #ports: ReadonlyMap<string, number>;
  readonly #settings = new Map<string, ServiceSettings>(STANDING.map((name) => [name, {}]));
  readonly #arrivals = new Map<string, Promise<void>>();
  readonly #departures = new Map<string, Promise<void>>();

  private constructor(parts: ChurnedParts, rng: Rng) {
    this.services = parts.services;
    this.controlPlane = parts.controlPlane;
    this.envoys = parts.envoys;
    this.callers = parts.callers;
    this.#base = parts.base;
    this.#ports = parts.ports;
    this.changes = new RandomChanges(this, rng);
  }

  /** Everything runs, and everybody has reached every standing service. */
  static async start(rng: Rng): Promise<ChurnedMesh> {
    const parts = await startChurnedParts();
    const mesh = new ChurnedMesh(parts, rng);
    await Promise.all(STANDING.flatMap((service) => parts.callers.map((caller) => caller.call(service))));
    return mesh;
  }

  note(what: string): void {
    this.history.push(`${Math.round(performance.now())} ms: ${what}`);
  }

  configure(service: string, settings: ServiceSettings | undefined): void {
    if (settings === undefined) this.#settings.delete(service);
    else this.#settings.set(service, settings);
    this.controlPlane.rewriteConfig(configWith(this.#base, this.#settings, this.#ports));
  }

  arrived(service: string): void {
    const arrival = this.#everybodyCalls(service);
    arrival.catch(() => undefined); // whoever waits for it hears of it
    this.#arrivals.set(service, arrival);
  }

  async #everybodyCalls(service: string): Promise<void> {
    await until(`${service} to be served`, async () => (await this.#standing(service)).serving > 0, RECONNECT);
    await this.#untilEnvoys(`to have ${service}`, async (envoy) => {
      const hosts = (await envoy.clusters()).get(service);
      return (hosts?.size ?? 0) > 0 && (await envoy.listeners()).includes(`outbound:${service}`);
    });
    // Who has no control plane cannot begin to call anything.
    await this.untilAllConnected();
    await Promise.all(this.callers.map((caller) => caller.call(service)));
    this.note(`everybody calls ${service}`);
  }

  async leaving(service: string): Promise<void> {
    await this.#arrivals.get(service);
    await Promise.all(this.callers.map((caller) => caller.stop(service)));
    this.note(`nobody calls ${service}`);
  }

  async confirm(service: string): Promise<void> {
    await untilEqual(`${service} to stand`, async () => (await this.#standing(service)).standing, "retired", PUBLISH);
    const body = JSON.stringify({ author: "e2e", reason: "nobody calls it" });
    const headers = { "content-type": "application/json" };
    const { status, body: said } = await this.controlPlane.ask(`/v1/services/${service}/confirm`, { method: "POST", headers, body });
    expect([status, said]).toMatchObject([200, expect.any(String)]);
    const departure = this.#untilEnvoys(`to have lost ${service}`, async (envoy) => {
      return !(await envoy.clusters()).has(service) && !(await envoy.listeners()).includes(`outbound:${service}`);
    });
    departure.catch(() => undefined);
    this.#departures.set(service, departure);
  }

  async gone(service: string): Promise<void> {
    await this.#departures.get(service);
  }

  async #standing(service: string): Promise<{ readonly standing: string; readonly serving: number }> {
    type Body = { standing: string; endpoints: { serving: number } };
    const { standing, endpoints } = await this.controlPlane.api<Body>(`/v1/services/${service}`);
    return { standing, serving: endpoints.serving };
  }

  async #untilEnvoys(what: string, probe: (envoy: ModalEnvoy) => Promise<boolean>): Promise<void> {
    await Promise.all(this.envoys.map((envoy) => until(`${envoy.name} ${what}`, () => probe(envoy), RECONNECT)));
  }

  /** Makes the next change and waits until a snapshot with it is published. */
  async publishedChange(): Promise<void> {
    const before = await this.#revision();
    await this.change(false);
    await until("the change to be published", async () => (await this.#revision()) > before, PUBLISH);
  }

  async change(away: boolean): Promise<void> {
    this.note(await this.changes.next(away));
  }

  async #revision(): Promise<number> {
    const { position } = await this.controlPlane.api<{ position: string }>("/v1/snapshot");
    return Number(position.slice(position.lastIndexOf("/") + 1));
  }

  /** The control plane is killed, when everybody calls what has come, and while a retired service waits to be confirmed. */
  async loseControlPlane(): Promise<void> {
    if (this.changes.lost.length === 0) this.note(`${await this.changes.lose()}`);
    await this.#untilAllArrived();
    // It saves once a second: what came and went since then it would not know of.
    await until("the retired services to be saved", () => this.changes.lost.every((name) => this.#isSavedRetired(name)), PUBLISH);
    await this.noteWhatItSaw();
    await this.controlPlane.kill("SIGKILL");
    this.note("the control plane is killed");
  }

  #isSavedRetired(name: string): boolean {
    const folder = join(this.controlPlane.folder, "state");
    const texts = readdirSync(folder)
      .filter((file) => !file.endsWith(".tmp"))
      .map((file) => readFileSync(join(folder, file), "utf8"));
    return texts.some((text) =>
      text
        .split(`{"name":"${name}"`)
        .slice(1)
        .some((rest) => /^.*?"origin":\{"kind":"retired"/s.test(rest.split('{"name":')[0] ?? "")),
    );
  }

  async restartControlPlane(): Promise<void> {
    await this.controlPlane.restart();
    this.note("the control plane is back");
  }

  /** Every call that failed, of whom and to whom. */
  failures(): readonly string[] {
    return this.callers.flatMap(({ name, answers }) => answers.failures.map((failure) => `${name} ${failure}`));
  }

  figures(): string {
    const answered = this.callers.map(({ name, answers }) => `${name} ${answers.count} answers, ${answers.failures.length} failures`);
    return `${this.snapshots} snapshots, ${this.services.stopped} backends left and were stopped; ${answered.join("; ")}`;
  }

  async #untilAllArrived(): Promise<void> {
    await Promise.all(this.#arrivals.values());
  }

  /** Keeps what the control plane would forget when it is killed. */
  async noteWhatItSaw(): Promise<void> {
    const { sidecars } = await this.controlPlane.api<{ sidecars: readonly Stream[] }>("/v1/sidecars");
    for (const { node, types } of sidecars) {
      for (const { type, lastNack: nack } of types)
        if (nack !== undefined) this.nacks.push(`${node} ${type} ${nack.resources}: ${nack.reason}`);
    }
    this.snapshots += await this.#revision();
  }

  async untilAllConnected(): Promise<void> {
    const nodes = [...this.envoys.map(({ name }) => name), ...GRPC_CLIENTS.map(({ name }) => name)].sort();
    const connected = async () => {
      const { sidecars } = await this.controlPlane.api<{ sidecars: readonly Stream[] }>("/v1/sidecars");
      return [...new Set(sidecars.filter((stream) => stream.connected).map(({ node }) => node))].sort();
    };
    await untilEqual("the clients that are connected", connected, nodes, RECONNECT);
  }

  /** Until every client has what is registered now. */
  async untilSettled(): Promise<void> {
    await this.#untilAllArrived();
    await Promise.all(this.#departures.values());
    await this.untilAllConnected();
    const present = this.services.names;
    const clusters = [...present, ...this.changes.lost].sort();
    await Promise.all([
      ...this.envoys.map((envoy) =>
        untilEqual(`${envoy.name}'s clusters`, async () => [...(await envoy.clusters()).keys()].sort(), clusters, RECONNECT),
      ),
      ...this.envoys.map((envoy) =>
        untilEqual(
          `${envoy.name}'s listeners`,
          () => envoy.listeners(),
          clusters.map((name) => `outbound:${name}`),
          RECONNECT,
        ),
      ),
      ...present.flatMap((service) => this.envoys.map((envoy) => this.#untilEnvoyHas(envoy, service))),
      ...present.flatMap((service) => this.callers.map((caller) => this.#untilCallerReaches(caller, service))),
    ]);
  }

  async #untilEnvoyHas(envoy: ModalEnvoy, service: string): Promise<void> {
    const registered = [...this.services.of(service).values()];
    const wanted = hostsOf(registered);
    // A subset is of those that serve; where it would be all of them, the others are told of as well.
    const least = Math.min(this.#limitOf(service), registered.filter(({ weight }) => weight > 0).length);
    await until(
      `${envoy.name} to have ${least} of ${JSON.stringify(wanted)} for ${service}`,
      async () => {
        const hosts = sorted((await envoy.clusters()).get(service) ?? new Map());
        const fits =
          hosts.length >= (this.#limitOf(service) < wanted.length ? least : wanted.length) &&
          hosts.every((host) => wanted.some((one) => same(one, host)));
        if (!fits) throw new Error(JSON.stringify(hosts));
        return true;
      },
      RECONNECT,
    );
  }

  async #untilCallerReaches(caller: CallingClient, service: string): Promise<void> {
    const wanted = [...this.services.of(service).values()].filter(({ weight }) => weight > 0).map(({ backend }) => backend.name);
    const limit = Math.min(this.#limitOf(service), wanted.length);
    caller.answers.forget(service);
    await until(
      `${caller.name} to reach ${limit} of ${wanted} for ${service} and nobody else`,
      () => {
        const recent = caller.answers.recent(service);
        const reached = new Set(recent);
        const fits = reached.size >= limit && [...reached].every((name) => wanted.includes(name));
        // Somebody who was still called at first: begin again.
        if ([...reached].some((name) => !wanted.includes(name))) caller.answers.forget(service);
        if (!fits) throw new Error([...reached].join(", "));
        return true;
      },
      RECONNECT,
    );
  }

  /** How many endpoints of a service each client is told of, at most. */
  #limitOf(service: string): number {
    const { subset } = (this.#settings.get(service) ?? {}) as { readonly subset?: "none" | { readonly size: number } };
    return typeof subset === "object" ? subset.size : Number.POSITIVE_INFINITY;
  }
}

type Host = readonly [address: string, host: EnvoyHost];

function hostsOf(registrations: readonly Registration[]): readonly Host[] {
  return registrations.map(({ backend, weight }) => [
    backend.address,
    { weight: Math.max(1, weight), health: weight === 0 ? "DRAINING" : "HEALTHY" },
  ]);
}

function sorted(hosts: ReadonlyMap<string, EnvoyHost>): readonly Host[] {
  return [...hosts].sort(([one], [other]) => one.localeCompare(other));
}

function same(one: Host, other: Host): boolean {
  return one[0] === other[0] && one[1].weight === other[1].weight && one[1].health === other[1].health;
}
