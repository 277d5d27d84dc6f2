// What every program of Fairlead does the same way around its own work: command line, configuration, signals, exit codes.

import type { TSchema } from "typebox";
import {
  type ConfigPath,
  type ConfigProblem,
  EXIT,
  formatPath,
  formatProblems,
  helpText,
  parseCommandLine,
  publishedSchema,
  type StartFailure,
} from "../config/index.js";
import type { Result } from "../result.js";
import { LOG_LEVELS, type Log, type LogLevel } from "../telemetry/log.js";

/** A configuration that was read, or what is wrong with it. */
export interface Loaded<Read> {
  readonly read: Result<Read, readonly ConfigProblem[]>;
}

export interface Program<Read extends { place(path: ConfigPath): string }, Found extends Loaded<Read>> {
  readonly name: string;
  readonly version: string;
  readonly schema: TSchema;
  load(file: string): Promise<Found>;
  /** The effective configuration as text. */
  print(read: Read): string;
  /** Starts the work. What it returns is called once, when the program is told to stop. */
  start(at: {
    readonly file: string;
    readonly read: Read;
    readonly found: Found;
    readonly level: LogLevel;
  }): Promise<Result<Started, StartFailure>>;
}

export interface Started {
  readonly log: Log;
  /** Fields of the line that says it started. */
  readonly facts: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Runs the program to its end and sets the exit code: 0, 64 for the command line, 78 for the configuration, 1 for a bug. */
export function runProgram<Read extends { place(path: ConfigPath): string }, Found extends Loaded<Read>>(
  program: Program<Read, Found>,
): void {
  obey(program).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      // A bug: say it and end, a supervisor starts us again from the saved state.
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
}

async function obey<Read extends { place(path: ConfigPath): string }, Found extends Loaded<Read>>(
  program: Program<Read, Found>,
): Promise<number> {
  const { name, version, schema } = program;
  const command = parseCommandLine(process.argv.slice(2));
  if (!command.ok) return say(process.stderr, `${command.error}\n\n${helpText(name)}`, EXIT.usage);
  switch (command.value.kind) {
    case "help":
      return say(process.stdout, helpText(name), EXIT.ok);
    case "version":
      return say(process.stdout, `${name} ${version}\n`, EXIT.ok);
    case "print-schema":
      return say(process.stdout, publishedSchema(schema, name), EXIT.ok);
    case "check-config":
    case "print-config":
    case "run":
      return withConfig(program, command.value.file, command.value.kind);
  }
}

async function withConfig<Read extends { place(path: ConfigPath): string }, Found extends Loaded<Read>>(
  program: Program<Read, Found>,
  file: string,
  kind: "run" | "check-config" | "print-config",
): Promise<number> {
  const found = await program.load(file);
  const { read } = found;
  if (!read.ok) return say(process.stderr, `${formatProblems(read.error)}\n`, EXIT.config);
  if (kind === "check-config") return say(process.stdout, `${file} is good\n`, EXIT.ok);
  if (kind === "print-config") return say(process.stdout, program.print(read.value), EXIT.ok);
  const started = await program.start({ file, read: read.value, found, level: logLevel() });
  if (!started.ok) {
    const { path, reason } = started.error;
    return say(process.stderr, `${read.value.place(path)}: ${formatPath(path)}: ${reason}\n`, EXIT.config);
  }
  const { log, facts, stop } = started.value;
  log.info("started", { version: program.version, ...facts });
  log.info("stopping", { signal: await stopSignal() });
  await stop();
  log.info("stopped");
  return EXIT.ok;
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
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
