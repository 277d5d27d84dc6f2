import type { SimulatedRequest } from "../simulated-engine.js";
import type { Observer, SimulatedMesh } from "../simulated-mesh.js";
import type { Violations } from "./violations.js";

/** The request path tries once more after bytes were sent, and three times more when none were. */
const TRIES_MOST = 4;
/** A request's own time limit, and what it takes to notice. */
const SILENCE_LASTS_MS = 16_000;

/**
 * Invariant 1: whatever is dead, a request is answered by an endpoint that the sidecar would pick and that has been up
 * since before the request began. Not promised, and so excused: requests that met silence (a host that takes a request and
 * never answers cannot be told from a slow one), and those for which the tries allowed were not enough.
 */
export class NoRequestIsLost implements Observer {
  readonly #mesh: SimulatedMesh;
  readonly #violations: Violations;
  answered = 0;
  readonly excused = { nobodyUp: 0, metSilence: 0, triesSpent: 0 };

  constructor(mesh: SimulatedMesh, violations: Violations) {
    this.#mesh = mesh;
    this.#violations = violations;
  }

  requestEnded(request: SimulatedRequest): void {
    if (request.end?.kind !== "lost") {
      this.answered++;
      return;
    }
    const savior = this.#savior(request);
    if (savior === undefined) this.excused.nobodyUp++;
    else if (this.#metSilence(request)) this.excused.metSilence++;
    else if (triesSpent(request)) this.excused.triesSpent++;
    else this.#object(request, savior);
  }

  #object(request: SimulatedRequest, savior: string): void {
    if (request.end?.kind !== "lost") return;
    const { service, end, tries } = request;
    const story = tries.map(({ address, outcome }) => `${address} ${outcome?.kind === "failure" ? outcome.code : "?"}`);
    this.#violations.add(
      `a request to ${service} got ${end.status} ${end.reason} after [${story}] although ${savior} is up: ${end.detail}`,
    );
  }

  /** An endpoint that might have been picked and would have answered. */
  #savior({ service, beganMs }: SimulatedRequest): string | undefined {
    const { clock, backends, sidecar } = this.#mesh;
    const candidates = sidecar.plane.admin.table.value.get(service)?.candidates.endpoints ?? [];
    const answers = (id: string) => ["up", "ailing"].includes(backends.stateOf(id)) && backends.steadyMs(id) >= clock.nowMs() - beganMs;
    return candidates.map(({ endpoint }) => endpoint.id).find(answers);
  }

  /** Also through others: tries that wait for a silent host hold the places of the retry budget. */
  #metSilence({ service, tries }: SimulatedRequest): boolean {
    const { backends, sidecar } = this.#mesh;
    const endpoints = sidecar.plane.admin.table.value.get(service)?.endpoints ?? [];
    const addresses = [...tries.map(({ address }) => address), ...endpoints.map(({ endpoint }) => endpoint.id)];
    return addresses.some((address) => backends.wasRecently(address, "silent", SILENCE_LASTS_MS));
  }
}

/** All the tries there are, and each met somebody dead. */
export function triesSpent({ tries }: SimulatedRequest): boolean {
  const sent = tries.filter(({ outcome }) => outcome?.kind === "failure" && outcome.sent);
  return tries.length >= TRIES_MOST || sent.length >= 2;
}
