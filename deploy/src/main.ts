#!/usr/bin/env node
// fairlead-injector: reads the command line and the configuration, serves the webhook, stops on a signal.

import {
  EXIT,
  formatPath,
  formatProblems,
  helpText,
  LOG_LEVELS,
  type Log,
  type LogLevel,
  parseCommandLine,
  publishedSchema,
} from "@fairlead/shared";
import { pinoLog, systemClock } from "@fairlead/shared/io";
import { printSettings, type ReadSettings, settingsSchema } from "./injector/index.js";
import { startInjector } from "./injector/io/injector.js";
import { type LoadedSettings, loadSettings } from "./injector/io/load-settings.js";

const PROGRAM = "fairlead-injector";
const VERSION = "0.1.0";

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
  const { read, contents } = await loadSettings(file, process.env);
  if (!read.ok) return say(process.stderr, `${formatProblems(read.error)}\n`, EXIT.config);
  if (kind === "check-config") return say(process.stdout, `${file} is good\n`, EXIT.ok);
  if (kind === "print-config") return say(process.stdout, printSettings(read.value), EXIT.ok);
  return run(file, read.value, contents);
}

async function run(file: string, { settings, place }: ReadSettings, contents: LoadedSettings["contents"]): Promise<number> {
  const log = pinoLog(logLevel(), { plane: "injector" });
  const started = await startInjector({ file, contents, settings, environment: process.env, clock: systemClock, log });
  if (!started.ok) {
    const { path, reason } = started.error;
    return say(process.stderr, `${place(path)}: ${formatPath(path)}: ${reason}\n`, EXIT.config);
  }
  log.info("started", { version: VERSION, port: started.value.port });
  await stopSignal(log);
  await started.value.close();
  log.info("stopped");
  return EXIT.ok;
}

function stopSignal(log: Log): Promise<void> {
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
    // A bug: say it and end, a supervisor starts us again.
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
