import { startBackend } from "../../harness/backend.js";
import { serviceBody } from "../../harness/mesh.js";
import { until, untilEqual } from "../../harness/until.js";
import type { Bench } from "../bench.js";
import { percentile } from "../percentile.js";
import { lastTrafficMs } from "./last-traffic.js";
import { buildStage, type EvictStage, givenTo, look, type Member, register, untilServing } from "./stage.js";

/** Of each fact in each of the two sources. */
const RUNS = { refused: 12, silent: 4, deregistered: 12, zoneLoss: 3 };
/** The route's time-out, after which no request can wait for a silent endpoint any more. */
const REQUESTS_END_MS = 15_500;

interface Figures {
  readonly refusedMs: number[];
  readonly silentMs: number[];
  readonly deregisteredMs: number[];
  readonly zoneLossMs: number[];
}

/**
 * How long an endpoint that is no more is given requests, under 300 requests a second through one sidecar: from the fact
 * to the last request that was sent to it or tried in vain. Refused: kill -9. Silent: SIGSTOP, and never resumed before
 * every request that waited for it has ended. Zone loss: both backends of one zone silent at once. Deregistered: the znode
 * is removed, the backend serves on. Each in a source that is calm, and in one that was disturbed a moment ago, where an
 * endpoint without its znode must go on being served (it is asserted). The check asks HTTP twice a second and every
 * request in flight may be in a retry; the rest are defaults. `failed_requests` are all answers but 200 and all broken connections of the whole bench.
 */
export const evict: Bench = {
  name: "evict",
  measures: "from a backend refusing, silent or deregistered, or a zone silent, to its last request; failed requests meanwhile",
  run: async () => {
    const stage = await buildStage();
    const figures: Figures = { refusedMs: [], silentMs: [], deregisteredMs: [], zoneLossMs: [] };
    await measureAll(stage, figures, async () => undefined);
    for (let run = 0; run < RUNS.deregistered; run++) figures.deregisteredMs.push(await deregistered(stage, run));
    say("deregistered", figures.deregisteredMs);
    await measureAll(stage, figures, () => disturb(stage));
    for (let run = 0; run < RUNS.deregistered; run++) await assertHeld(stage, run);
    const { sent, failed, failures } = await stage.load.stop();
    for (const { id, reason, afterMs } of failures.slice(0, 10)) console.log(`failed: ${id} after ${afterMs} ms: ${reason}`);
    return {
      refused_out_p99_ms: percentile(figures.refusedMs, 99),
      silent_out_p99_ms: percentile(figures.silentMs, 99),
      deregistered_out_p99_ms: percentile(figures.deregisteredMs, 99),
      zone_loss_out_p99_ms: percentile(figures.zoneLossMs, 99),
      failed_requests: failed,
      requests: sent,
      held_when_disturbed: RUNS.deregistered,
    };
  },
};

async function measureAll(stage: EvictStage, { refusedMs, silentMs, zoneLossMs }: Figures, before: () => Promise<void>): Promise<void> {
  const { members } = stage;
  for (let run = 0; run < RUNS.refused; run++) {
    await before();
    refusedMs.push(await refused(stage, memberOf(members, run)));
  }
  say("refused", refusedMs);
  for (let run = 0; run < RUNS.silent; run++) {
    await before();
    silentMs.push(await silent(stage, [memberOf(members, run)]));
  }
  say("silent", silentMs);
  for (let run = 0; run < RUNS.zoneLoss; run++) {
    await before();
    const { zone } = memberOf(members, 2 * run);
    zoneLossMs.push(
      await silent(
        stage,
        members.filter((member) => member.zone === zone),
      ),
    );
  }
  say("zone loss", zoneLossMs);
}

async function refused(stage: EvictStage, member: Member): Promise<number> {
  const { name, port } = member.backend;
  const tookMs = await lastTrafficMs(stage, [member], async () => void (await member.backend.kill()));
  member.backend = await startBackend({ name, port });
  await untilServing(stage, [member]);
  return tookMs;
}

async function silent(stage: EvictStage, members: readonly Member[]): Promise<number> {
  const beganMs = performance.now();
  const tookMs = await lastTrafficMs(stage, members, async () => void (await Promise.all(members.map(({ backend }) => backend.suspend()))));
  await pause(beganMs + tookMs + REQUESTS_END_MS - performance.now());
  for (const { backend } of members) backend.resume();
  await untilServing(stage, members);
  return tookMs;
}

async function deregistered(stage: EvictStage, run: number): Promise<number> {
  const member = memberOf(stage.members, run);
  const tookMs = await lastTrafficMs(stage, [member], () => stage.session.remove(member.znode));
  await register(stage.session, member);
  await untilServing(stage, [member]);
  return tookMs;
}

/** Three times as long as a calm source would wait, the endpoint is held for a disturbed one, and is given requests. */
async function assertHeld(stage: EvictStage, run: number): Promise<void> {
  const member = memberOf(stage.members, run);
  await disturb(stage);
  const { address } = member.backend;
  await stage.session.remove(member.znode);
  await pause(3_000);
  const before = givenTo((await look(stage)).get(address));
  await until("a held endpoint to be given requests", async () => givenTo((await look(stage)).get(address)) > before);
  const { members } = await serviceBody(stage.controlPlane, "shop");
  const hold = members.find(({ id }) => id === address)?.hold?.kind;
  if (hold !== "disturbed") throw new Error(`${address} left a disturbed source and its hold is ${hold ?? "none"}`);
  await register(stage.session, member);
  await untilEqual("no endpoint to be held", async () => (await serviceBody(stage.controlPlane, "shop")).endpoints.held, 0);
}

/** Ends the control plane's own session: it comes back with a new one and cannot know who else lost theirs. */
async function disturb({ server, session, controlPlane }: EvictStage): Promise<void> {
  const source = async () => (await controlPlane.api<{ sources: { state: string; disturbedUntil?: string }[] }>("/v1/sources")).sources[0];
  const before = (await source())?.disturbedUntil;
  for (const id of await server.sessions()) if (id !== session.id) await server.expire(id);
  await until("the source to be back, and disturbed", async () => {
    const now = await source();
    return now?.state === "complete" && now.disturbedUntil !== undefined && now.disturbedUntil !== before;
  });
}

function memberOf(members: readonly Member[], run: number): Member {
  const member = members[run % members.length];
  if (member === undefined) throw new Error("the stage has no backends");
  return member;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function say(what: string, tookMs: readonly number[]): void {
  console.log(`${what}: ${tookMs.map((ms) => Math.round(ms)).join(" ")} ms`);
}
