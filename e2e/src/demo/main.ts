// `npm run demo` shows it live; `npm run demo -- --check` plays the tour by itself and judges it; `npm run demo -- --wipe`
// plays the loss of every registration in ZooKeeper and judges it, on a ZooKeeper of its own or on --zookeeper HOST:PORT.

import { emitKeypressEvents } from "node:readline";
import { parseArgs } from "node:util";
import { stopEverything } from "../harness/teardown.js";
import { serveVerbs, VERBS, type Verb } from "./control.js";
import { type Counts, drawFrame } from "./live-view.js";
import { look } from "./sight.js";
import { Stage } from "./stage.js";
import { tour } from "./tour.js";
import { runWipe } from "./wipe/run-wipe.js";

const FRAME_MS = 500;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function check(): Promise<boolean> {
  say("starting a control plane, five backends and two sidecars");
  const stage = await Stage.build();
  const result = await tour(stage, say);
  await stopEverything();
  say(JSON.stringify(result));
  return result.ok;
}

async function live(): Promise<void> {
  process.stdout.write("starting a control plane, five backends and two sidecars\n");
  const stage = await Stage.build();
  let said = "";
  const perform = async (verb: Verb) => {
    said = await verb.run(stage);
    return said;
  };
  const server = await serveVerbs(perform);
  const end = new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
    onKeys((key) => {
      if (key === "q" || key === "\u0003") resolve();
      const verb = VERBS.find((candidate) => candidate.key === key);
      if (verb !== undefined) perform(verb).catch((error: unknown) => (said = String(error)));
    });
  });
  const help = [
    ...VERBS.map(({ key, path, what }) => `[${key}] ${what.padEnd(42)} curl -X POST http://127.0.0.1:${server.port}${path}`),
    `[q] end        admin API: curl http://127.0.0.1:${stage.controlPlane.adminPort}/v1/services`,
  ];
  await showUntil(end, stage, () => ["", ...help, "", said]);
  server.close();
  process.stdin.pause();
  process.stdout.write("\nstopping\n");
  await stopEverything();
}

async function showUntil(end: Promise<void>, stage: Stage, footer: () => readonly string[]): Promise<void> {
  let ended = false;
  void end.then(() => (ended = true));
  let counts: Counts = new Map();
  let lastMs = performance.now();
  while (!ended) {
    const sight = await look(stage);
    const nowMs = performance.now();
    const frame = drawFrame(stage, sight, counts, Math.max(0.001, (nowMs - lastMs) / 1_000));
    counts = frame.counts;
    lastMs = nowMs;
    const clear = process.stdout.isTTY ? "\u001b[2J\u001b[H" : "\n";
    process.stdout.write(`${clear}${[...frame.lines, ...footer()].join("\n")}\n`);
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, FRAME_MS))]);
  }
}

function onKeys(pressed: (key: string) => void): void {
  if (!process.stdin.isTTY) return;
  emitKeypressEvents(process.stdin);
  process.stdin.setRawMode(true);
  process.stdin.on("keypress", (text: string | undefined, key: { readonly sequence?: string } | undefined) =>
    pressed(text ?? key?.sequence ?? ""),
  );
}

async function play(): Promise<boolean> {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, wipe: { type: "boolean" }, zookeeper: { type: "string" } } });
  if (values.wipe) return runWipe(values.zookeeper, say);
  if (values.check) return check();
  await live();
  return true;
}

play().then(
  (ok) => process.exit(ok ? 0 : 1),
  async (error: unknown) => {
    await stopEverything().catch(() => undefined);
    process.stdout.write(`${JSON.stringify({ ok: false, error: String(error) })}\n`);
    process.exit(1);
  },
);
