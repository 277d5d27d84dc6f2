// The wipe that checks itself: every ephemeral goes under load, a host dies meanwhile, the living come back one by one.

import type { LoadReport } from "../../harness/http-load.js";
import { usableEndpoints } from "../../harness/mesh.js";
import { until } from "../../harness/until.js";
import { addressesOf, type Registrant, register, WIPED_SERVICES, type WipedStage } from "./stage.js";

export interface WipeTourResult {
  readonly ok: boolean;
  readonly ours: Side;
  readonly plain: Side;
  /** From kill -9 to the sidecar having it out. */
  readonly dead_out_ms: number;
  readonly problems: readonly string[];
}

interface Side {
  readonly requests: number;
  readonly failed: number;
}

/**
 * The promise is a second, and `dead_out_ms` shows it on a machine with nothing else to do. On any machine this is still
 * what comes of an answer: by silence a host is out after 8 s, by its absence after 90 s.
 */
const DEAD_OUT_MOST_MS = 5_000;
const CALM_MS = 2_000;
/** The living return within this, each at a moment of its own, in an order of their own. */
const RETURN_MS = 6_000;
const AFTERWARDS_MS = 3_000;

export async function wipeTour(stage: WipedStage, say: (text: string) => void): Promise<WipeTourResult> {
  const { zookeeper, registrants } = stage;
  await pause(CALM_MS);
  for (const history of stage.histories.values()) history.forget();
  say(zookeeper.what);
  const sessions = registrants.flatMap(({ session }) => session ?? []);
  for (const registrant of registrants) registrant.session = undefined;
  await zookeeper.loseSessions(sessions);
  const [dead, ...living] = registrants;
  if (dead === undefined) throw new Error("the stage has no backends");
  say(`kill -9 ${dead.backend.name} while nobody is registered`);
  const deadOutMs = await killAndTime(stage, dead);
  say(`out after ${deadOutMs} ms; the others register again, one by one`);
  await Promise.all(living.map((registrant) => comeBack(stage, registrant)));
  await pause(AFTERWARDS_MS);
  return judge(stage, { dead, deadOutMs });
}

async function killAndTime(stage: WipedStage, dead: Registrant): Promise<number> {
  const { address } = dead.backend;
  const killedMs = performance.now();
  await dead.backend.kill("SIGKILL");
  await until(`${address} to be out`, async () => !(await usableEndpoints(stage.sidecar, dead.service)).includes(address), { everyMs: 10 });
  return Math.round(performance.now() - killedMs);
}

async function comeBack(stage: WipedStage, registrant: Registrant): Promise<void> {
  await pause(Math.random() * RETURN_MS);
  registrant.session = (await register(stage, registrant)).session;
}

async function judge(
  stage: WipedStage,
  { dead, deadOutMs }: { readonly dead: Registrant; readonly deadOutMs: number },
): Promise<WipeTourResult> {
  const stop = async (side: "ours" | "plain") => Promise.all(stage.loads[side].map((load) => load.stop()));
  const [ours, plain] = await Promise.all([stop("ours"), stop("plain")]);
  const problems = [
    ...ours.flatMap(({ failures }) => failures.map(({ id, reason }) => `${id}: ${reason}`)),
    ...wrongRemovals(stage, dead),
    ...(deadOutMs > DEAD_OUT_MOST_MS ? [`a dead host was out after ${deadOutMs} ms, more than ${DEAD_OUT_MOST_MS}`] : []),
    ...(failedOf(plain) === 0 ? ["the plain watcher lost nothing: the wipe was none"] : []),
  ];
  return {
    ok: problems.length === 0,
    ours: { requests: requestsOf(ours), failed: failedOf(ours) },
    plain: { requests: requestsOf(plain), failed: failedOf(plain) },
    dead_out_ms: deadOutMs,
    problems: problems.slice(0, 20),
  };
}

/** Steps in which clients were told to leave out somebody alive. */
function wrongRemovals(stage: WipedStage, dead: Registrant): readonly string[] {
  return WIPED_SERVICES.flatMap((service) => {
    const alive = addressesOf(stage.registrants, service).filter((address) => address !== dead.backend.address);
    const steps = stage.histories.get(service)?.steps() ?? [];
    return steps.flatMap(({ usable }) => alive.filter((address) => !usable.includes(address)).map((address) => `${address} was left out`));
  });
}

function requestsOf(reports: readonly LoadReport[]): number {
  return reports.reduce((sum, { sent }) => sum + sent, 0);
}

function failedOf(reports: readonly LoadReport[]): number {
  return reports.reduce((sum, { failed }) => sum + failed, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
