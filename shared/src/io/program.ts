// What every program of Fairlead does the same way around its own work: command line, configuration, signals, exit codes.

import type { TSchema } from "typebox";
import {
  type Command,
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
import { type Importing, runImport } from "./run-import.js";

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
  /** What of a good configuration is doubtful, one line each with its place; `--strict` refuses it. */
  doubts?(read: Read): readonly string[];
  readonly importing?: Importing;
  /** Starts the work. What it returns is called once, when the program is told to stop. */
  start(at: {
    readonly file: string;
    readonly read: Read;
    readonly found: Found;
    readonly level: LogLevel;
    readonly strict: boolean;
  }): Promise<Result<Started, StartFailure>>;
}

export interface Started {
  readonly log: Log;
  /** Fields of the line that says it started. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** On SIGHUP: reads the configuration now. Absent where there is nothing to read again. */
  reread?(): void;
  stop(): Promise<void>;
}

/** Runs the program to its end and sets the exit code: one of `EXIT`, or 1 for a bug. */
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
  const { name, version, schema, importing, doubts } = program;
  const abilities = { strict: doubts !== undefined, ...(importing === undefined ? {} : { imports: importing.files }) };
  const command = parseCommandLine(process.argv.slice(2), abilities);
  if (!command.ok) return say(process.stderr, `${command.error}\n\n${helpText(name, abilities)}`, EXIT.usage);
  switch (command.value.kind) {
    case "help":
      return say(process.stdout, helpText(name, abilities), EXIT.ok);
    case "version":
      return say(process.stdout, `${name} ${version}\n`, EXIT.ok);
    case "print-schema":
      return say(process.stdout, publishedSchema(schema, name), EXIT.ok);
    case "check-config":
    case "print-config":
    case "run":
      return withConfig(program, command.value);
    case "import":
      if (importing === undefined) throw new Error("an import was parsed that this program does not have");
      return runImport(importing, command.value);
  }
}

async function withConfig<Read extends { place(path: ConfigPath): string }, Found extends Loaded<Read>>(
  program: Program<Read, Found>,
  { kind, file, strict }: Extract<Command, { readonly kind: "run" | "check-config" | "print-config" }>,
): Promise<number> {
  const hangUps = rememberHangUps();
  const found = await program.load(file);
  const { read } = found;
  if (!read.ok) return say(process.stderr, `${formatProblems(read.error)}\n`, EXIT.config);
  const doubts = strict && kind !== "print-config" ? (program.doubts?.(read.value) ?? []) : [];
  if (doubts.length > 0) return say(process.stderr, `${doubts.join("\n")}\n`, EXIT.config);
  if (kind === "check-config") return say(process.stdout, `${file} is good\n`, EXIT.ok);
  if (kind === "print-config") return say(process.stdout, program.print(read.value), EXIT.ok);
  const started = await program.start({ file, read: read.value, found, level: logLevel(), strict });
  if (!started.ok) {
    const { path, reason } = started.error;
    return say(process.stderr, `${read.value.place(path)}: ${formatPath(path)}: ${reason}\n`, EXIT.config);
  }
  const { log, facts, reread, stop } = started.value;
  hangUps.obeyWith(() => reread?.());
  log.info("started", { version: program.version, ...facts });
  log.info("stopping", { signal: await stopSignal() });
  await stop();
  log.info("stopped");
  return EXIT.ok;
}

/** A SIGHUP would end a program that does not listen to it: one that comes during the start is kept until there is something to read again. */
function rememberHangUps(): { obeyWith(reread: () => void): void } {
  let waiting = false;
  let obey = () => {
    waiting = true;
  };
  process.on("SIGHUP", () => obey());
  return {
    obeyWith(reread) {
      obey = reread;
      if (waiting) reread();
    },
  };
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
