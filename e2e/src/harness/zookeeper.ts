import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "./ports.js";
import { type Process, startProcess } from "./processes.js";
import { temporaryFolder } from "./teardown.js";
import { GiveUp, until } from "./until.js";
import { expireSession } from "./zookeeper-session.js";

/** A real ZooKeeper server on 127.0.0.1, alone or one of an ensemble. */
export type ZooKeeperServer = {
  readonly port: number;
  /** host:port, as it goes into a config. */
  readonly address: string;
  /** Transaction log and snapshots; copy it while the server is stopped to have a backup. */
  readonly dataFolder: string;
  /** Asks one of the four-letter words (srvr, cons, wchs, mntr ...). Rejects when the server is not there. */
  ask(word: string): Promise<string>;
  /** The sessions with a connection now, as hex without 0x. */
  sessions(): Promise<string[]>;
  /** Ends a session as the server does on time-out: its ephemerals go, its client is told that it expired. */
  expire(sessionId: string): Promise<void>;
  /** Ends the server; SIGKILL by default. Data and port stay for start. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port with the same data and waits until it serves, which a server without a quorum never does. */
  start(waitFor?: "serving" | "nothing"): Promise<void>;
  /** Whether its process is there, whatever it answers. */
  runs(): boolean;
  /** SIGSTOP: connections stay open and nothing answers. */
  suspend(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
};

/** The server's beat. Session time-outs are whole multiples of it: short sessions need a short beat. */
const tickTimeMs = 500;

const classPath = ["/usr/share/java/zookeeper.jar", "/usr/share/java/slf4j-simple.jar"];

/** How a server differs from the plain one. */
export type ZooKeeperOptions = {
  /** Added to its zoo.cfg. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Jars beyond ZooKeeper's own. */
  readonly jars?: readonly string[];
  /** System properties. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Its number in an ensemble, written to `myid`. */
  readonly id?: number;
};

/** Starts a server and waits until it serves. */
export async function startZooKeeper(options: ZooKeeperOptions = {}): Promise<ZooKeeperServer> {
  const server = await prepareZooKeeper(options);
  await server.start();
  return server;
}

/** A server with its folder and port, not started yet. */
export async function prepareZooKeeper(options: ZooKeeperOptions = {}): Promise<ZooKeeperServer> {
  const port = await freePort();
  const folder = temporaryFolder("zookeeper");
  const config = join(folder, "zoo.cfg");
  const dataFolder = join(folder, "data");
  mkdirSync(dataFolder);
  if (options.id !== undefined) writeFileSync(join(dataFolder, "myid"), `${options.id}\n`);
  writeFileSync(config, configOf(port, dataFolder, options.settings));
  let server: Process | undefined;

  const ask = (word: string): Promise<string> => fourLetterWord(port, word);
  return {
    port,
    address: `127.0.0.1:${port}`,
    dataFolder,
    ask,
    sessions: async () =>
      [...(await ask("cons")).matchAll(/\bsid=0x([0-9a-f]+)/g)].map((match) => match[1] ?? "").filter((id) => id !== "0"),
    expire: (sessionId) => expireSession(port, sessionId),
    stop: async (signal = "SIGKILL") => {
      await server?.kill(signal);
    },
    start: async (waitFor = "serving") => {
      const started = startProcess({ name: `zookeeper :${port}`, command: "java", args: javaArguments(config, options) });
      server = started;
      if (waitFor === "nothing") return;
      // `ruok` says imok before the server serves; `srvr` names a mode only when it does.
      await until(`ZooKeeper on ${port} to serve`, async () => /^Mode:/m.test(await askWhileAlive(started, ask)), { timeoutMs: 60_000 });
    },
    runs: () => server !== undefined && server.exit() === undefined,
    suspend: async () => server?.suspend(),
    resume: () => server?.resume(),
  };
}

function javaArguments(config: string, { jars = [], properties = {} }: ZooKeeperOptions): readonly string[] {
  return [
    "-Xmx128m",
    // The serial collector and the first compiler only: it starts three times faster and the tests never need more.
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    // It outlives its own death, not the machine's: what it wrote is in the kernel, and a disk may take a second to confirm.
    "-Dzookeeper.forceSync=no",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
    "-cp",
    [...classPath, ...jars].join(":"),
    mainClass,
    config,
  ];
}

const mainClass = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

function configOf(port: number, dataFolder: string, more: ZooKeeperOptions["settings"] = {}): string {
  const settings = {
    tickTime: tickTimeMs,
    initLimit: 60,
    syncLimit: 40,
    dataDir: dataFolder,
    clientPort: port,
    clientPortAddress: "127.0.0.1",
    maxClientCnxns: 0,
    "admin.enableServer": false,
    "4lw.commands.whitelist": "*",
    minSessionTimeout: 1_000,
    maxSessionTimeout: 60_000,
    ...more,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

async function askWhileAlive(server: Process, ask: (word: string) => Promise<string>): Promise<string> {
  const exit = server.exit();
  if (exit !== undefined) throw new GiveUp(`ZooKeeper ended with ${JSON.stringify(exit)}:\n${server.output()}`);
  return ask("srvr");
}

function fourLetterWord(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(word));
    socket.setEncoding("utf8").setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${word} within 10 s`)));
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(answer));
  });
}
