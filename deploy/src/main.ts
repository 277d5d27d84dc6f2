#!/usr/bin/env node
// fairlead-injector: the webhook on this machine.

import { ok } from "@fairlead/shared";
import { pinoLog, runProgram, systemClock } from "@fairlead/shared/io";
import { printSettings, settingsSchema } from "./injector/index.js";
import { startInjector } from "./injector/io/injector.js";
import { loadSettings } from "./injector/io/load-settings.js";

runProgram({
  name: "fairlead-injector",
  version: "0.1.0",
  schema: settingsSchema,
  load: (file) => loadSettings(file, process.env),
  print: printSettings,
  async start({ file, read: { settings }, found: { contents }, level }) {
    const log = pinoLog(level, { plane: "injector" });
    const started = await startInjector({ file, contents, settings, environment: process.env, clock: systemClock, log });
    if (!started.ok) return started;
    const webhook = started.value;
    return ok({ log, facts: { port: webhook.port }, stop: async () => webhook.close() });
  },
});
