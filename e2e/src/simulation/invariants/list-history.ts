import type { SimulatedMesh } from "../simulated-mesh.js";

interface Known {
  /** The list has been whole, without it, since then. */
  missingSinceMs: number | undefined;
  /** The same before the list was last unreadable: the clock of an absence stands while nobody can say, and goes on after. */
  missedBeforeMs: number;
  /** Listed again, or the list unreadable, since then. What is over before it could be read has ended nothing. */
  interruptedSinceMs: number | undefined;
  /** It was listed within that interruption: what it is missing from then on is a new absence. */
  interruptedByListing: boolean;
  /** The list has been whole, with it, since then. */
  listedSinceMs: number | undefined;
  mayLeave: boolean;
  /** It was taken back into the list just after it might have left. */
  mayLeaveUntilMs: number;
}

/** Design section 5: a minority leaves a calm source. */
const DEBOUNCE_MS = 1_000;
/** Design section 5: empty, or below half of 5 or more. */
const SHRINK_MS = 300_000;
const SHRINK_FLOOR = 5;
/** From a change of the file to the reading of it, steps of the simulation included. */
const READ_MS = 200;
/** From a decision to the publish of it. */
const PUBLISH_MS = 700;

/**
 * What the list has certainly said, and for how long: an account of its own of when an endpoint may leave, by the rules of
 * the design and not by the code of the registry. It errs towards letting go, so that what it objects to is wrong.
 */
export class ListHistory {
  readonly #mesh: SimulatedMesh;
  readonly #services = new Map<string, Map<string, Known>>();
  /** Whom the control plane knew when it was last looked at: a collapse is one of what it knows. */
  #registered: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  constructor(mesh: SimulatedMesh) {
    this.#mesh = mesh;
    mesh.list.onChange(() => this.passed());
  }

  controlPlaneStarted(): void {
    this.#registered = registeredAt(this.#mesh);
  }

  /** Time has passed. To be called before anything is asked. */
  passed(): void {
    const { list } = this.#mesh;
    for (const [service, ids] of list.lists) for (const id of ids) this.#known(service, id);
    for (const [service, known] of this.#services) {
      const listed = new Set(list.state === "good" ? list.lists.get(service) : []);
      for (const [id, entry] of known) {
        if (list.state !== "good") this.#unknown(entry);
        else if (listed.has(id)) this.#listed(entry);
        else this.#missing(service, id, entry);
      }
    }
    this.#registered = registeredAt(this.#mesh);
  }

  /** Whether by now the endpoint may be gone from what is served. */
  mayLeave(service: string, id: string): boolean {
    const entry = this.#services.get(service)?.get(id);
    return entry === undefined || entry.mayLeave || this.#nowMs() <= entry.mayLeaveUntilMs;
  }

  /** For how long it has been listed without a break; 0 when it is not. */
  listedForMs(service: string, id: string): number {
    const sinceMs = this.#services.get(service)?.get(id)?.listedSinceMs;
    return sinceMs === undefined ? 0 : this.#nowMs() - sinceMs;
  }

  /** For how long the list has been whole without it; 0 when it is listed or nobody knows. */
  missingForMs(service: string, id: string): number {
    const entry = this.#services.get(service)?.get(id);
    if (entry?.missingSinceMs === undefined || entry.interruptedSinceMs !== undefined) return 0;
    return this.#nowMs() - entry.missingSinceMs;
  }

  #listed(entry: Known): void {
    if (entry.mayLeave) entry.mayLeaveUntilMs = this.#nowMs() + PUBLISH_MS;
    entry.mayLeave = false;
    entry.interruptedSinceMs ??= this.#nowMs();
    entry.interruptedByListing = true;
    entry.listedSinceMs ??= this.#nowMs();
  }

  #missing(service: string, id: string, entry: Known): void {
    entry.listedSinceMs = undefined;
    const interruptedForMs = this.#nowMs() - (entry.interruptedSinceMs ?? this.#nowMs());
    if (interruptedForMs >= READ_MS) {
      const missedMs = this.#nowMs() - interruptedForMs - (entry.missingSinceMs ?? this.#nowMs()) + READ_MS;
      entry.missedBeforeMs = entry.interruptedByListing ? 0 : entry.missedBeforeMs + Math.max(0, missedMs);
      entry.missingSinceMs = undefined;
    }
    entry.interruptedSinceMs = undefined;
    entry.interruptedByListing = false;
    entry.missingSinceMs ??= this.#nowMs();
    if (this.#mesh.controlPlane === undefined) return;
    const missingForMs = entry.missedBeforeMs + this.#nowMs() - entry.missingSinceMs + READ_MS;
    const guardMs = this.#isCollapse(service) ? SHRINK_MS : DEBOUNCE_MS;
    if (missingForMs >= guardMs || this.#mesh.backends.mayCountAsRefusing(id)) entry.mayLeave = true;
  }

  #unknown(entry: Known): void {
    entry.listedSinceMs = undefined;
    entry.interruptedSinceMs ??= this.#nowMs();
  }

  /** Counted without those that may go by their own refusing, whose leaving can end a collapse. */
  #isCollapse(service: string): boolean {
    const present = new Set(this.#mesh.list.lists.get(service));
    const known = this.#services.get(service);
    const missing = [...(this.#registered.get(service) ?? [])].filter(
      (id) => !present.has(id) && known?.get(id)?.mayLeave !== true && !this.#mesh.backends.mayCountAsRefusing(id),
    );
    const before = present.size + missing.length;
    return present.size === 0 || (before >= SHRINK_FLOOR && present.size * 2 < before);
  }

  #known(service: string, id: string): Known {
    const known = this.#services.get(service) ?? new Map<string, Known>();
    this.#services.set(service, known);
    const entry = known.get(id) ?? {
      missingSinceMs: undefined,
      missedBeforeMs: 0,
      interruptedSinceMs: undefined,
      interruptedByListing: false,
      listedSinceMs: undefined,
      mayLeave: false,
      mayLeaveUntilMs: 0,
    };
    known.set(id, entry);
    return entry;
  }

  #nowMs(): number {
    return this.#mesh.clock.nowMs();
  }
}

function registeredAt({ controlPlane }: SimulatedMesh): ReadonlyMap<string, ReadonlySet<string>> {
  const services = controlPlane?.plane.admin.registry.services.value ?? new Map();
  return new Map([...services.values()].map(({ name, endpoints }) => [name, new Set(endpoints.keys())]));
}
