import { below, type Rng } from "@fairlead/shared";
import type { BackendState } from "./simulated-backends.js";
import type { SimulatedMesh } from "./simulated-mesh.js";

/** Every backend there may be, by service; the list names some of them. */
export const POOL: Readonly<Record<string, readonly string[]>> = {
  shop: Array.from({ length: 8 }, (_, index) => `10.0.0.${index + 1}:8080`),
  cart: Array.from({ length: 4 }, (_, index) => `10.0.1.${index + 1}:8080`),
  find: Array.from({ length: 2 }, (_, index) => `10.0.2.${index + 1}:8080`),
};
const SERVICES = Object.keys(POOL);

/** Listed when a run begins: one below the whole pool each, so that there is something to add. */
export const FIRST_LISTS: ReadonlyMap<string, readonly string[]> = new Map(SERVICES.map((name) => [name, POOL[name]?.slice(1) ?? []]));

/** A fault: what it did, for a person; undefined when there was nothing to do. */
type Fault = () => string | undefined | Promise<string | undefined>;

/** Things that happen to a mesh, drawn by their weights. */
export class RandomFaults {
  readonly #mesh: SimulatedMesh;
  readonly #rng: Rng;
  /** What the list says when nothing is wrong with it. */
  #lists: ReadonlyMap<string, readonly string[]> = FIRST_LISTS;
  readonly #faults: readonly (readonly [weight: number, fault: Fault])[];

  constructor(mesh: SimulatedMesh, rng: Rng) {
    this.#mesh = mesh;
    this.#rng = rng;
    const { list, network } = mesh;
    this.#faults = [
      [4, () => this.#backend("refusing")],
      [1, () => this.#backend("silent")],
      [1, () => this.#backend("ailing")],
      [5, () => this.#backend("up")],
      [3, () => this.#add()],
      [3, () => this.#remove()],
      [1, () => this.#permute()],
      [1, () => said("the file is broken", () => list.break())],
      [1, () => said("the file is gone", () => list.vanish())],
      [1, () => this.#empty()],
      [1, () => this.#collapse()],
      [3, () => (list.state === "good" && list.lists === this.#lists ? undefined : this.mendList())],
      [2, () => said("streams are cut", () => network.cutAll())],
      [0.5, () => said("connections stall", () => network.stallAll())],
      [1.5, () => this.#endControlPlane("kill")],
      [0.5, () => this.#endControlPlane("stop")],
      [4, () => this.startControlPlane()],
      [0.3, () => this.#longNight()],
      [1.5, () => this.#restartSidecar()],
    ];
  }

  /** Lets one thing happen. @returns what it was */
  async next(): Promise<string> {
    for (;;) {
      const what = await this.#draw()();
      if (what !== undefined) return what;
    }
  }

  mendList(): string {
    return said("the file is whole again", () => this.#mesh.list.write(this.#lists));
  }

  /** Undefined when it runs. */
  async startControlPlane(): Promise<string | undefined> {
    if (this.#mesh.controlPlane !== undefined) return undefined;
    await this.#mesh.startControlPlane();
    return "the control plane starts";
  }

  /** The list in another order: no change to anybody. */
  permuteList(): string {
    this.#lists = new Map([...this.#lists].reverse().map(([service, ids]) => [service, shuffled(ids, this.#rng)]));
    return this.#write("the list is permuted");
  }

  #draw(): Fault {
    const whole = this.#faults.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#rng.next() * whole;
    for (const [weight, fault] of this.#faults) {
      left -= weight;
      if (left < 0) return fault;
    }
    return () => undefined;
  }

  #backend(state: BackendState): string | undefined {
    const id = this.#oneOf(POOL[this.#service()] ?? []);
    if (id === undefined || this.#mesh.backends.stateOf(id) === state) return undefined;
    this.#mesh.backends.set(id, state);
    return `${id} is ${state}`;
  }

  #add(): string | undefined {
    const service = this.#service();
    const listed = this.#lists.get(service) ?? [];
    const id = this.#oneOf((POOL[service] ?? []).filter((candidate) => !listed.includes(candidate)));
    if (id === undefined) return undefined;
    this.#lists = new Map([...this.#lists, [service, [...listed, id]]]);
    return this.#write(`${id} is added to ${service}`);
  }

  /** The last one leaves with its service, sometimes. */
  #remove(): string | undefined {
    const service = this.#service();
    const listed = this.#lists.get(service) ?? [];
    const id = this.#oneOf(listed);
    if (id === undefined) return undefined;
    const rest = listed.filter((other) => other !== id);
    const lists = new Map([...this.#lists, [service, rest]]);
    if (rest.length === 0 && this.#rng.next() < 0.5) lists.delete(service);
    this.#lists = lists;
    return this.#write(`${id} is taken from ${service}`);
  }

  #permute(): string | undefined {
    return this.#mesh.list.state === "good" ? this.permuteList() : undefined;
  }

  /** As a generator writes it whose own source has failed: a whole file that says nothing. */
  #empty(): string {
    const whole = this.#rng.next() < 0.5;
    const service = this.#service();
    const lists = whole ? new Map() : new Map([...this.#lists, [service, []]]);
    return said(whole ? "the list is emptied" : `${service} is emptied in the list`, () => this.#mesh.list.write(lists));
  }

  /** Most of a service is lost at once, as when a zone drops out of whatever writes the file. */
  #collapse(): string | undefined {
    const listed = this.#lists.get("shop") ?? [];
    if (listed.length < 5) return undefined;
    return said("most of shop is lost from the list", () => this.#mesh.list.write(new Map([...this.#lists, ["shop", listed.slice(0, 2)]])));
  }

  /** Longer than verdicts count. */
  async #longNight(): Promise<string | undefined> {
    if (this.#mesh.controlPlane !== undefined) return undefined;
    await this.#mesh.advance(70_000, 50);
    return "the control plane was down for over a minute";
  }

  async #endControlPlane(how: "kill" | "stop"): Promise<string | undefined> {
    if (this.#mesh.controlPlane === undefined) return undefined;
    await this.#mesh.endControlPlane(how);
    return how === "kill" ? "the control plane is killed" : "the control plane stops";
  }

  async #restartSidecar(): Promise<string> {
    await this.#mesh.restartSidecar();
    return "the sidecar is killed and starts again";
  }

  #write(what: string): string {
    return said(what, () => this.#mesh.list.write(this.#lists));
  }

  #service(): string {
    return this.#oneOf(SERVICES) ?? "";
  }

  #oneOf<T>(items: readonly T[]): T | undefined {
    return items[below(this.#rng, items.length)];
  }
}

function said(what: string, happen: () => unknown): string {
  happen();
  return what;
}

function shuffled<T>(items: readonly T[], rng: Rng): readonly T[] {
  const keyed = items.map((item) => [rng.next(), item] as const);
  return keyed.sort(([one], [other]) => one - other).map(([, item]) => item);
}
