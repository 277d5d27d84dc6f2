#!/usr/bin/env node
// fairlead-sidecar: the app on this machine.

import { formatProblems, ok } from "@fairlead/shared";
import { runProgram, systemClock, watchFiles } from "@fairlead/shared/io";
import { startSidecar } from "./app.js";
import { printConfig, settingsSchema } from "./config/index.js";
import { loadSettings } from "./config/io/load-settings.js";
import { systemWorld, VERSION, type World } from "./world.js";

const load = (file: string) => loadSettings(file, process.env);

runProgram({
  name: "fairlead-sidecar",
  version: VERSION,
  schema: settingsSchema,
  load,
  print: printConfig,
  async start({ file, read: { settings }, found: { paths, contents }, level }) {
    const world = systemWorld(settings, level);
    const { log } = world;
    const started = await startSidecar(world, settings);
    if (!started.ok) return started;
    const sidecar = started.value;
    const watch = watchFiles({ paths, known: contents, clock: systemClock, log, changed: () => void answerChange(file, world) });
    const stop = async () => {
      await watch.close();
      await sidecar.drain();
    };
    return ok({
      log,
      facts: { adminPort: sidecar.adminPort, ports: Object.fromEntries(sidecar.ports) },
      reread: () => void answerChange(file, world),
      stop,
    });
  },
});

/** Everything a sidecar's file says stands until a restart; a change is answered all the same, a bad one with its problems. */
async function answerChange(file: string, { log }: World): Promise<void> {
  const { read } = await load(file);
  if (read.ok) log.warn("config-changed", { file, effect: "takes effect on restart" });
  else log.error("config-refused", { problems: formatProblems(read.error).split("\n") });
}
