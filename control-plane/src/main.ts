#!/usr/bin/env node
// fairlead-control-plane: reads the command line and the configuration, starts the app, follows reloads, stops on a signal.

import { EXIT, formatPath, formatProblems, helpText, LOG_LEVELS, type LogLevel, parseCommandLine, publishedSchema } from "@fairlead/shared";
import { systemClock, watchFiles } from "@fairlead/shared/io";
import { startControlPlane } from "./app.js";
import { printConfig, type ReadSettings, settingsSchema } from "./config/index.js";
import { loadSettings } from "./config/io/load-settings.js";
import { followConfig } from "./follow-config.js";
import { systemWorld, VERSION, type World } from "./world.js";

const PROGRAM = "fairlead-control-plane";

async function main(): Promise<number> {
  const command = parseCommandLine(process.argv.slice(2));
  if (!command.ok) return say(process.stderr, `${command.error}\n\n${helpText(PROGRAM)}`, EXIT.usage);
  switch (command.value.kind) {
    case "help":
      return say(process.stdout, helpText(PROGRAM), EXIT.ok);
    case "version":
      return say(process.stdout, `${PROGRAM} ${VERSION}\n`, EXIT.ok);
    case "print-schema":
      return say(process.stdout, publishedSchema(settingsSchema, PROGRAM), EXIT.ok);
    case "check-config":
    case "print-config":
    case "run":
      return withConfig(command.value.file, command.value.kind);
  }
}

async function withConfig(file: string, kind: "run" | "check-config" | "print-config"): Promise<number> {
  const found = await loadSettings(file, process.env);
  const { read } = found;
  if (!read.ok) return say(process.stderr, `${formatProblems(read.error)}\n`, EXIT.config);
  if (kind === "check-config") return say(process.stdout, `${file} is good\n`, EXIT.ok);
  if (kind === "print-config") return say(process.stdout, printConfig(read.value), EXIT.ok);
  return run(file, read.value, found);
}

type Found = Awaited<ReturnType<typeof loadSettings>>;

async function run(file: string, { settings, place }: ReadSettings, found: Found): Promise<number> {
  const world = await systemWorld(settings, logLevel());
  const started = await startControlPlane(world, settings);
  if (!started.ok) {
    const { path, reason } = started.error;
    return say(process.stderr, `${place(path)}: ${formatPath(path)}: ${reason}\n`, EXIT.config);
  }
  const plane = started.value;
  world.log.info("started", { version: VERSION, xdsPort: plane.xdsPort, adminPort: plane.adminPort });
  const following = followConfig<Found>(found, {
    load: () => loadSettings(file, process.env),
    watch: ({ paths, contents }, changed) => watchFiles({ paths, known: contents, clock: systemClock, log: world.log, changed }),
    take({ read }) {
      if (read.ok) plane.reload(read.value.settings);
      else plane.refuseReload(formatProblems(read.error).split("\n"));
    },
  });
  await stopSignal(world);
  await following.close();
  await plane.close();
  world.log.info("stopped");
  return EXIT.ok;
}

function stopSignal({ log }: World): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        log.info("stopping", { signal });
        resolve();
      });
    }
  });
}

function logLevel(): LogLevel {
  const wanted = process.env["FAIRLEAD_LOG_LEVEL"];
  return LOG_LEVELS.find((level) => level === wanted) ?? "info";
}

function say(stream: NodeJS.WriteStream, text: string, code: number): number {
  stream.write(text);
  return code;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // A bug: say it and end, a supervisor starts us again from the saved state.
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
