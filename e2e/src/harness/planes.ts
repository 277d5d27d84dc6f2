import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { type HttpAnswer, type HttpRequest, httpRequest } from "./http-request.js";
import { built } from "./paths.js";
import { freePort } from "./ports.js";
import { type Exit, type Process, startNode } from "./processes.js";
import { temporaryFolder } from "./teardown.js";
import { GiveUp, until } from "./until.js";

/** A plane's configuration, as in its YAML file. */
export type Config = Readonly<Record<string, unknown>>;

/** How a plane is started. */
export type PlaneOptions = {
  /** Where its config file and state go; give the folder of an earlier one to boot from what it saved. Default: a new one. */
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Options beside `--config FILE`. */
  readonly args?: readonly string[];
  readonly nodePath?: string;
  /** Hears every line of its stdout. */
  readonly onLine?: (line: string) => void;
  /** What runs; default the built plane. */
  readonly script?: string;
  /** A command that runs it, with its arguments, such as `taskset -c 0`. */
  readonly within?: readonly string[];
  /** Default "ready". "alive": its admin port answers. "nothing": the process has been started. */
  readonly waitFor?: WaitFor;
};

/** What start and restart wait for. */
export type WaitFor = "ready" | "alive" | "nothing";

/** A control plane or sidecar in a process of its own. */
export type Plane = {
  readonly adminPort: number;
  readonly folder: string;
  readonly configFile: string;
  /** The process that runs now; another one after a restart. */
  process(): Process;
  /** A request to the admin port; any status is an answer. */
  ask(path: string, request?: Omit<HttpRequest, "port" | "path">): Promise<HttpAnswer>;
  /** GET on the admin port: the JSON of a 200 answer, anything else rejects with the body. */
  api<T>(path: string): Promise<T>;
  /** The current value of a metric's sample, by its name with labels exactly as /metrics prints it; undefined when absent. */
  metric(sample: string): Promise<number | undefined>;
  /** Replaces the config file in one step. What listens where and the state folder are filled in as at the start. */
  rewriteConfig(config: Config): void;
  /** Ends the process; SIGKILL by default. */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
  /** SIGTERM, and rejects when it does not end with code 0. */
  stop(): Promise<void>;
  /** Starts it again, same config, folder and ports; kills it first when it still runs. */
  restart(waitFor?: WaitFor): Promise<void>;
  /** SIGSTOP: connections open, nothing answers. */
  suspend(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
};

/** A control plane; sidecars find it at xdsAddress. */
export type ControlPlane = Plane & { readonly xdsPort: number; readonly xdsAddress: string };

/** A sidecar. */
export type Sidecar = Plane;

/**
 * Starts a control plane whose clocks run `times` as fast (see fast-clock-plane-main.ts): 90 s of doubt take 3 s at 30.
 * Times in its config are undivided: a check time-out of 1 s has 33 ms of real time at 30, and a session of 60 s is asked
 * of ZooKeeper as one of 2 s. Times in what it says are undivided too.
 */
export function startFastControlPlane(times: number, config: Config, options: PlaneOptions = {}): Promise<ControlPlane> {
  return startControlPlane(config, {
    ...options,
    script: built.fastClockPlane,
    env: { ...options.env, E2E_CLOCK_TIMES: String(times) },
  });
}

/** Starts a control plane. Absent in the config and filled in: id, stateDir, xds.listen, admin.listen. */
export async function startControlPlane(config: Config, options: PlaneOptions = {}): Promise<ControlPlane> {
  const xdsPort = await freePort();
  const plane = await startPlane("control plane", {
    script: built.controlPlane,
    readyPath: "/readyz",
    complete: (given, place) => ({
      id: "cp-1",
      stateDir: place.stateFolder,
      ...given,
      xds: { listen: `127.0.0.1:${xdsPort}`, ...section(given, "xds") },
      admin: { listen: `127.0.0.1:${place.adminPort}`, ...section(given, "admin") },
    }),
    config,
    options,
  });
  return { ...plane, xdsPort, xdsAddress: `127.0.0.1:${xdsPort}` };
}

/** Starts a sidecar. Absent in the config and filled in: node, stateDir, admin.listen. */
export function startSidecar(config: Config, options: PlaneOptions = {}): Promise<Sidecar> {
  return startPlane("sidecar", {
    script: built.sidecar,
    readyPath: "/ready",
    complete: (given, place) => ({
      node: { id: "sidecar-1", cluster: "e2e" },
      stateDir: place.stateFolder,
      ...given,
      admin: { listen: `127.0.0.1:${place.adminPort}`, ...section(given, "admin") },
    }),
    config,
    options,
  });
}

type Place = { readonly stateFolder: string; readonly adminPort: number };

type PlaneSpec = {
  readonly script: string;
  readonly readyPath: string;
  readonly complete: (config: Config, place: Place) => Config;
  readonly config: Config;
  readonly options: PlaneOptions;
};

/** The planes promise an answer on their admin port within this; generous, because two cores run everything. */
const startTimeoutMs = 60_000;

async function startPlane(name: string, spec: PlaneSpec): Promise<Plane> {
  const folder = spec.options.folder ?? temporaryFolder(name.replace(" ", "-"));
  const adminPort = await freePort();
  const configFile = join(folder, "config.yaml");
  const rewriteConfig = (config: Config): void => {
    writeFileSync(configFile, stringify(spec.complete(config, { stateFolder: join(folder, "state"), adminPort })));
  };
  const ask: Plane["ask"] = (path, request = {}) => httpRequest({ ...request, port: adminPort, path });
  let child: Process;

  const start = async (waitFor: WaitFor): Promise<void> => {
    const { env, nodePath, onLine, within } = spec.options;
    child = startNode(spec.options.script ?? spec.script, ["--config", configFile, ...(spec.options.args ?? [])], {
      name: `${name} :${adminPort}`,
      ...(env === undefined ? {} : { env }),
      ...(nodePath === undefined ? {} : { nodePath }),
      ...(onLine === undefined ? {} : { onLine }),
      ...(within === undefined ? {} : { within }),
    });
    if (waitFor === "nothing") return;
    const path = waitFor === "ready" ? spec.readyPath : "/healthz";
    await until(`${name} to answer ${path} with 200`, () => answersOk(child, () => ask(path), configFile), { timeoutMs: startTimeoutMs });
  };
  rewriteConfig(spec.config);
  await start(spec.options.waitFor ?? "ready");
  return {
    adminPort,
    folder,
    configFile,
    process: () => child,
    ask,
    api: async <T>(path: string) => {
      const answer = await ask(path);
      if (answer.status !== 200) throw new Error(`${name} answered ${path} with ${answer.status}: ${answer.body}`);
      return JSON.parse(answer.body) as T;
    },
    metric: async (sample) => sampleIn((await ask("/metrics")).body, sample),
    rewriteConfig,
    kill: (signal = "SIGKILL") => child.kill(signal),
    stop: async () => {
      const exit = await child.kill("SIGTERM");
      if (exit.code !== 0) throw new Error(`${name} did not end cleanly: ${JSON.stringify(exit)}\n${child.output()}`);
    },
    restart: async (waitFor = "ready") => {
      await child.kill();
      await start(waitFor);
    },
    suspend: () => child.suspend(),
    resume: () => child.resume(),
  };
}

async function answersOk(child: Process, ask: () => Promise<HttpAnswer>, configFile: string): Promise<boolean> {
  if (child.exit() !== undefined) {
    const config = readFileSync(configFile, "utf8");
    throw new GiveUp(`${child.name} ended with ${JSON.stringify(child.exit())}:\n${child.output()}\nits config:\n${config}`);
  }
  const answer = await ask();
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
  return true;
}

function section(config: Config, name: string): Config {
  const value = config[name];
  return typeof value === "object" && value !== null ? (value as Config) : {};
}

/** A line of the text format is `name{labels} value`. */
function sampleIn(text: string, sample: string): number | undefined {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
}
