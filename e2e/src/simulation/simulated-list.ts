import { type Clock, type Closable, fail, ok, type Result, type Rng } from "@fairlead/shared";
import type { ControlPlaneWorld } from "./simulated-control-plane.js";

type ListFile = ReturnType<ControlPlaneWorld["discovery"]["listFile"]>;

/** Endpoints by service, in the order they are written. */
export type Lists = ReadonlyMap<string, readonly string[]>;

export type ListState = "good" | "broken" | "gone";

/** From a write to the notification. */
const NOTIFY_MOST_MS = 50;

/** The file of a file source, in memory. `lists` is what it said when it was last whole. */
export class SimulatedList {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #watchers = new Map<() => void, Clock>();
  readonly #onChange: (() => void)[] = [];
  #lists: Lists = new Map();
  #state: ListState = "good";
  #changedAtMs = 0;

  constructor({ clock, rng }: { readonly clock: Clock; readonly rng: Rng }) {
    this.#clock = clock;
    this.#rng = rng;
  }

  /** How long nobody has touched it. */
  get steadyMs(): number {
    return this.#clock.nowMs() - this.#changedAtMs;
  }

  get lists(): Lists {
    return this.#lists;
  }

  get state(): ListState {
    return this.#state;
  }

  /** Calls back at every change, at once: what lasts a moment only may be read in that moment. */
  onChange(task: () => void): void {
    this.#onChange.push(task);
  }

  write(lists: Lists): void {
    this.#lists = lists;
    this.#change("good");
  }

  /** Half a file, as an editor that was killed leaves it. */
  break(): void {
    this.#change("broken");
  }

  vanish(): void {
    this.#change("gone");
  }

  /** The last whole text again. */
  mend(): void {
    this.#change("good");
  }

  /** The file as one run of a control plane sees it. */
  open(clock: Clock): ListFile {
    return {
      read: () => Promise.resolve(this.#text()),
      watch: (onChange): Closable => {
        this.#watchers.set(onChange, clock);
        return { close: () => void this.#watchers.delete(onChange) };
      },
    };
  }

  #change(state: ListState): void {
    this.#state = state;
    this.#changedAtMs = this.#clock.nowMs();
    for (const task of this.#onChange) task();
    for (const [onChange, clock] of this.#watchers) clock.schedule(this.#rng.next() * NOTIFY_MOST_MS, onChange);
  }

  #text(): Result<string> {
    if (this.#state === "gone") return fail("no such file");
    const lines = [...this.#lists].map(([service, ids]) => `  ${service}: [${ids.map((id) => ` { address: "${id}" }`).join(",")} ]`);
    const whole = lines.length === 0 ? "services: {}\n" : `services:\n${lines.join("\n")}\n`;
    return ok(this.#state === "good" ? whole : `${whole}  shop`);
  }
}
