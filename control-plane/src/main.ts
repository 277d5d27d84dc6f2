#!/usr/bin/env node
// fairlead-control-plane: the app on this machine, following its configuration.

import { formatProblems, ok } from "@fairlead/shared";
import { runProgram, systemClock, watchFiles } from "@fairlead/shared/io";
import { startControlPlane } from "./app.js";
import {
  bootstrapLoops,
  formatBootstrapFinding,
  importForProgram,
  printConfig,
  type ReadSettings,
  settingsSchema,
} from "./config/index.js";
import { type LoadedSettings, loadSettings } from "./config/io/load-settings.js";
import { followConfig } from "./follow-config.js";
import { systemWorld, VERSION } from "./world.js";

const load = (file: string) => loadSettings(file, process.env);

/** What `--strict` refuses: seeds that need us or DNS. */
const doubts = ({ settings, place }: ReadSettings) =>
  bootstrapLoops(settings).map((finding) => formatBootstrapFinding(finding, place(finding.path)));

runProgram({
  name: "fairlead-control-plane",
  version: VERSION,
  schema: settingsSchema,
  load,
  print: printConfig,
  doubts,
  importing: { files: "synapse.json|haproxy.cfg", convert: importForProgram },
  async start({ file, read: { settings }, found, level, strict }) {
    const world = await systemWorld(settings, level);
    const { log } = world;
    const started = await startControlPlane(world, settings);
    if (!started.ok) return started;
    const plane = started.value;
    const following = followConfig<LoadedSettings>(found, {
      load: () => load(file),
      watch: ({ paths, contents }, changed) => watchFiles({ paths, known: contents, clock: systemClock, log, changed }),
      take({ read }) {
        const refused = !read.ok ? formatProblems(read.error).split("\n") : strict ? doubts(read.value) : [];
        if (read.ok && refused.length === 0) plane.reload(read.value.settings);
        else plane.refuseReload(refused);
      },
    });
    const stop = async () => {
      await following.close();
      await plane.close();
    };
    return ok({ log, facts: { xdsPort: plane.xdsPort, adminPort: plane.adminPort }, reread: () => following.reread(), stop });
  },
});
