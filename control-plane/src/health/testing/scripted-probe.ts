import type { ServiceName } from "@fairlead/shared";
import { Cell, KeyedCell, newMetrics, seeded, serviceName } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import type { CheckSettings } from "../../config/index.js";
import type { Endpoint } from "../../discovery/index.js";
import type { RegisteredService } from "../../registry/index.js";
import { newChecker } from "../checks/checker.js";
import type { ActiveCheck, Probe, ProbeAnswer, ProbeTarget } from "../checks/probe.js";

export const TCP: ActiveCheck = {
  type: "tcp",
  intervalMs: 5_000,
  fastIntervalMs: 1_000,
  timeoutMs: 1_000,
  rise: 2,
  fall: 3,
  pauseToleranceMs: 0,
};

export const PASSED: ProbeAnswer = { outcome: "passed", detail: "accepted a connection" };
export const REFUSED: ProbeAnswer = { outcome: "refused", detail: "connection refused" };

/** What an address does: answers at once, stays silent until the time-out, or answers when the test says so. */
type Behaviour = ProbeAnswer | "silent" | "by-hand";

/** A network of addresses the test scripts by `ip:port`; an address nobody scripted passes. */
export class ScriptedProbe implements Probe {
  readonly sent: { readonly address: string; readonly atMs: number }[] = [];
  readonly behaviours = new Map<string, Behaviour>();
  readonly byHand: ((answer: ProbeAnswer) => void)[] = [];
  underWay = 0;
  mostUnderWay = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async send({ ip, port, check }: ProbeTarget): Promise<ProbeAnswer> {
    const address = `${ip}:${port}`;
    this.sent.push({ address, atMs: this.#clock.nowMs() });
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    const answer = await this.#answer(this.behaviours.get(address) ?? PASSED, check.timeoutMs);
    this.underWay -= 1;
    return answer;
  }

  timesOf(address: string): readonly number[] {
    return this.sent.filter((probe) => probe.address === address).map((probe) => probe.atMs);
  }

  #answer(behaviour: Behaviour, timeoutMs: number): Promise<ProbeAnswer> {
    if (behaviour === "by-hand") return new Promise((resolve) => this.byHand.push(resolve));
    if (behaviour !== "silent") return Promise.resolve(behaviour);
    return new Promise((resolve) => {
      this.#clock.schedule(timeoutMs, () => resolve({ outcome: "timeout", detail: `no answer within ${timeoutMs} ms` }));
    });
  }
}

export function nameOf(text: string): ServiceName {
  const name = serviceName(text);
  if (!name.ok) throw new Error(name.error);
  return name.value;
}

/** Lets answers that are there be heard. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

/** A checker over scripted addresses, with the registry in the test's hands. */
export function checkerUnderTest(initial: CheckSettings = TCP) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const probe = new ScriptedProbe(clock);
  const services = new KeyedCell<ServiceName, RegisteredService>();
  const checks = new Cell((_service: ServiceName): CheckSettings => initial);
  const checker = newChecker({ services, checks, probe, clock, rng: seeded(7), log, metrics });
  return {
    clock,
    log,
    metrics,
    probe,
    services,
    checker,
    useCheck: (check: CheckSettings) => checks.set(() => check),
    /** Registers exactly these addresses; others leave. */
    register: (name: string, endpoints: readonly Partial<Endpoint>[]) =>
      services.update([[nameOf(name), registered(name, endpoints, services.value.get(nameOf(name)))]]),
    unregister: (name: string) => services.update([[nameOf(name), undefined]]),
    health: (name: string, id: string) => [...(checker.opinions.value.get(nameOf(name)) ?? [])].find(([key]) => key === id)?.[1],
    /** Moves time in steps, so that answers are heard when they come. */
    pass: async (ms: number, stepMs = 10) => {
      await settled();
      for (let goneMs = 0; goneMs < ms; goneMs += stepMs) {
        clock.advance(Math.min(stepMs, ms - goneMs));
        await settled();
      }
    },
  };
}

/** As the registry does it: an endpoint that stays as it was keeps its object. */
export function registered(name: string, wanted: readonly Partial<Endpoint>[], before: RegisteredService | undefined): RegisteredService {
  const endpoints: RegisteredService["endpoints"] = new Map(
    wanted.map((part) => {
      const ip = part.ip ?? "10.0.0.1";
      const port = part.port ?? 80;
      const id = `${ip}:${port}` as Endpoint["id"];
      const endpoint: Endpoint = { id, ip, port, weight: 100, zone: "default", place: "test", ...part };
      const was = before?.endpoints.get(id);
      if (was !== undefined && JSON.stringify(was.endpoint) === JSON.stringify(endpoint)) return [id, was] as const;
      return [id, { endpoint, sources: ["test"], sinceMs: 0, hold: undefined }] as const;
    }),
  );
  return { name: nameOf(name), endpoints, contributions: [], settled: { kind: "settled" }, goneSinceMs: undefined, confirmed: undefined };
}
