import { differenceOf, triesSpent } from "./invariants/index.js";
import type { RandomRun } from "./random-run.js";
import type { SimulatedControlPlane } from "./simulated-control-plane.js";

const REQUESTS = 20;

/** When faults have stopped, the sidecar has what the control plane says, and every service with somebody alive answers. */
export async function expectAgreement(run: RandomRun): Promise<void> {
  const { mesh } = run;
  const difference = differenceOf(mesh);
  run.expect(difference === undefined, `in the quiet ${difference}`);
  for (const service of mesh.upstreams) await expectAnswers(run, service);
}

async function expectAnswers(run: RandomRun, service: string): Promise<void> {
  const { mesh } = run;
  const { assignment, candidates } = mesh.sidecar.plane.admin.table.value.get(service) ?? {};
  if (assignment?.endpoints.some(({ id }) => ["up", "ailing"].includes(mesh.backends.stateOf(id))) !== true) return;
  for (let count = 0; count < REQUESTS; count++) {
    const request = mesh.sidecar.engine.get(service);
    // A silent host costs a connect time-out, each try.
    for (let waits = 0; waits < 500 && request.end === undefined; waits++) await mesh.advance(10);
    // In panic verdicts are ignored: more dead endpoints than tries may come first.
    const excused = candidates?.mode === "panic" && triesSpent(request);
    run.expect(request.end?.kind === "answered" || excused, `in the quiet a request to ${service} got ${JSON.stringify(request)}`);
  }
}

/** Invariant 7: another control plane with the same inputs serves the same versions, and so does this one after a restart. */
export async function expectEqualVersions(run: RandomRun): Promise<void> {
  const { mesh } = run;
  const ours = mesh.controlPlane;
  const replica = await mesh.startReplica();
  await mesh.advance(5_000, 50);
  const theirs = replica.assignmentVersions();
  for (const [service, version] of ours?.assignmentVersions() ?? []) {
    // What is held, retired or confirmed here, a replica that never saw it cannot know.
    const registered = ours?.plane.admin.registry.services.value.get(service as never);
    const endpoints = [...(registered?.endpoints.values() ?? [])];
    if (registered?.confirmed !== undefined) continue;
    // Nor whom of many doubtful ones the brakes let go first.
    if ([ours, replica].some((each) => isRationed(each, service))) continue;
    if (!mesh.list.lists.has(service) || endpoints.some(({ hold }) => hold !== undefined)) continue;
    run.expect(theirs.get(service) === version, `${service} has version ${version} here and ${theirs.get(service)} at a replica`);
  }
  await replica.stop();
}

function isRationed(controlPlane: SimulatedControlPlane | undefined, service: string): boolean {
  const health = controlPlane?.plane.admin.health;
  const name = service as never;
  return health !== undefined && (health.held.has(name) || (health.ledger(name)?.sums.spentNow ?? 0) > 0);
}

/** A restart and a reordered list change nothing for anybody: the sidecar keeps its very table (invariants 6, 7, 11). */
export async function expectNoChange(run: RandomRun): Promise<void> {
  const { mesh } = run;
  const table = mesh.sidecar.plane.admin.table.value;
  const versions = JSON.stringify([...(mesh.controlPlane?.assignmentVersions() ?? [])].sort());
  for (const change of [() => run.restartControlPlane(), () => run.permuteList()]) {
    await change();
    const sent = mesh.controlPlane?.resourcesSent();
    await mesh.advance(10_000, 50);
    const resent = (mesh.controlPlane?.resourcesSent() ?? 0) - (sent ?? 0);
    run.expect(resent === 0, `${resent} resources were sent again although nothing changed`);
    const now = JSON.stringify([...(mesh.controlPlane?.assignmentVersions() ?? [])].sort());
    run.expect(now === versions, `versions were ${versions} and are ${now}`);
    run.expect(mesh.sidecar.plane.admin.table.value === table, "the sidecar's table was replaced although nothing changed");
  }
}
