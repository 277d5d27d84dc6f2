#!/usr/bin/env node
// fairlead-control-plane: the app on this machine, following its configuration.

import { formatProblems, ok } from "@fairlead/shared";
import { runProgram, systemClock, watchFiles } from "@fairlead/shared/io";
import { startControlPlane } from "./app.js";
import { printConfig, settingsSchema } from "./config/index.js";
import { type LoadedSettings, loadSettings } from "./config/io/load-settings.js";
import { followConfig } from "./follow-config.js";
import { systemWorld, VERSION } from "./world.js";

const load = (file: string) => loadSettings(file, process.env);

runProgram({
  name: "fairlead-control-plane",
  version: VERSION,
  schema: settingsSchema,
  load,
  print: printConfig,
  async start({ file, read: { settings }, found, level }) {
    const world = await systemWorld(settings, level);
    const { log } = world;
    const started = await startControlPlane(world, settings);
    if (!started.ok) return started;
    const plane = started.value;
    const following = followConfig<LoadedSettings>(found, {
      load: () => load(file),
      watch: ({ paths, contents }, changed) => watchFiles({ paths, known: contents, clock: systemClock, log, changed }),
      take({ read }) {
        if (read.ok) plane.reload(read.value.settings);
        else plane.refuseReload(formatProblems(read.error).split("\n"));
      },
    });
    const stop = async () => {
      await following.close();
      await plane.close();
    };
    return ok({ log, facts: { xdsPort: plane.xdsPort, adminPort: plane.adminPort }, stop });
  },
});
