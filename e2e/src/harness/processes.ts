import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type Running, stopLater, stoppedAlready } from "./teardown.js";
import { until } from "./until.js";

/** How a process ended: by its exit code or by a signal. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** What to run. */
export type ProcessSpec = {
  /** Shown in front of its output when a test fails. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
  /** Opens a message channel (Node children only). */
  readonly onMessage?: (message: unknown) => void;
  /** Hears every line of its stdout, where `lines` keeps the last ones. */
  readonly onLine?: (line: string) => void;
};

/** A running child process. */
export type Process = {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<Exit>;
  /** How it ended, undefined while it runs. */
  exit(): Exit | undefined;
  /** The last 64 K characters of stdout and stderr together, in order of arrival. */
  output(): string;
  /** The complete lines of stdout so far, the last 10,000 of them. */
  lines(): readonly string[];
  /** Sends a line to its stdin. */
  writeLine(line: string): void;
  /** Sends a message to a child that was started with onMessage. */
  send(message: object): void;
  /** Sends a signal that does not end it (SIGHUP). */
  signal(signal: NodeJS.Signals): void;
  /** SIGSTOP: connections stay open and nothing answers. Resolves when every thread has stopped. */
  suspend(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
  /** Ends it with a signal (default SIGKILL) and waits for its end; SIGKILL follows after the grace (10 s). */
  kill(signal?: NodeJS.Signals, graceMs?: number): Promise<Exit>;
};

const keptOutputChars = 64_000;
const keptLines = 10_000;
const killGraceMs = 10_000;

/** On Linux a child dies with this process even when this process is killed with SIGKILL (prctl(2), PR_SET_PDEATHSIG). */
const setpriv = process.platform === "linux" && existsSync("/usr/bin/setpriv") ? "/usr/bin/setpriv" : undefined;

/** Starts a process. It is killed by stopEverything and at the end of this process at the latest. */
export function startProcess(spec: ProcessSpec): Process {
  const command = setpriv ?? spec.command;
  const args = setpriv === undefined ? spec.args : ["--pdeathsig", "KILL", "--", spec.command, ...spec.args];
  const child = spawn(command, args, {
    cwd: spec.folder,
    env: environment(spec.env),
    stdio: spec.onMessage === undefined ? ["pipe", "pipe", "pipe"] : ["pipe", "pipe", "pipe", "ipc"],
  });
  return new ChildOf(spec, child);
}

/** What a Node script is started with. */
export type NodeOptions = Omit<ProcessSpec, "name" | "command" | "args"> & {
  readonly name?: string;
  /** Which Node runs it; default this one, or the one E2E_NODE names. */
  readonly nodePath?: string;
  /** A command that runs it, with its arguments, such as `ip netns exec NAME`. */
  readonly within?: readonly string[];
};

/** Starts a Node script as a process. */
export function startNode(script: string, args: readonly string[], options: NodeOptions = {}): Process {
  const { nodePath, name, within = [], ...rest } = options;
  const node = nodePath ?? process.env["E2E_NODE"] ?? process.execPath;
  const [command = node, ...before] = [...within, node];
  return startProcess({ ...rest, name: name ?? script, command, args: [...before, script, ...args] });
}

class ChildOf implements Process, Running {
  readonly name: string;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #onLine: ProcessSpec["onLine"];
  #exit: Exit | undefined;
  #output = "";
  #lines: string[] = [];
  #partialLine = "";

  constructor(spec: ProcessSpec, child: ChildProcess) {
    this.name = spec.name;
    this.#child = child;
    this.#onLine = spec.onLine;
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        this.#exit ??= exit;
        resolve(this.#exit);
      };
      child.once("close", (code, signal) => end({ code, signal }));
      child.once("error", (error) => {
        this.#keep(`cannot be started: ${error.message}\n`);
        if (child.pid === undefined) end({ code: null, signal: null });
      });
    });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#stdout(text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    child.stdin?.on("error", () => undefined); // it ended before it read: its exit says so
    if (spec.onMessage !== undefined) child.on("message", spec.onMessage);
    stopLater(this);
    alive.add(child);
    void this.exited.then(() => alive.delete(child));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  exit(): Exit | undefined {
    return this.#exit;
  }

  output(): string {
    return this.#output;
  }

  lines(): readonly string[] {
    return this.#lines;
  }

  writeLine(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  send(message: object): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async suspend(): Promise<void> {
    this.#child.kill("SIGSTOP");
    await until(`${this.name} to stop`, () => hasStopped(this.pid));
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async kill(signal: NodeJS.Signals = "SIGKILL", graceMs = killGraceMs): Promise<Exit> {
    if (this.#exit === undefined) {
      this.#child.kill(signal);
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
      await this.exited.finally(() => clearTimeout(timer));
    }
    stoppedAlready(this);
    return this.exited;
  }

  async stop(): Promise<void> {
    await this.kill("SIGKILL");
  }

  #stdout(text: string): void {
    this.#keep(text);
    const lines = (this.#partialLine + text).split("\n");
    this.#partialLine = lines.pop() ?? "";
    this.#lines.push(...lines);
    for (const line of lines) this.#onLine?.(line);
    if (this.#lines.length > keptLines) this.#lines.splice(0, this.#lines.length - keptLines);
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-keptOutputChars);
  }
}

/** The kernel stops the threads one by one, some after kill(2) has returned: proc(5), the field after the name in brackets. */
function hasStopped(pid: number): boolean {
  if (process.platform !== "linux") return true;
  return readdirSync(`/proc/${pid}/task`).every((thread) => /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8")));
}

const alive = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

function environment(added: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  const all: NodeJS.ProcessEnv = { ...process.env, ...added };
  for (const [name, value] of Object.entries(added)) if (value === undefined) delete all[name];
  return all;
}
