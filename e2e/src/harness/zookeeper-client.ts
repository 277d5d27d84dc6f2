import { type Client, CreateMode, createClient, type Event, State } from "node-zookeeper-client";
import { stopLater, stoppedAlready } from "./teardown.js";

/** A ZooKeeper session for tests, to play the application that registers itself. Every call rejects with ZooKeeper's reason. */
export type ZooKeeperSession = {
  /** Hex, as ZooKeeperServer.expire takes it. */
  readonly id: string;
  /** Creates a znode (parents must be there) and gives back its path, which a sequential one learns only now. */
  create(path: string, data?: string | Buffer, kind?: ZnodeKind): Promise<string>;
  /** Creates a persistent znode and all its parents; those that are there stay. */
  mkdirp(path: string): Promise<void>;
  set(path: string, data: string | Buffer): Promise<void>;
  /** Several in one transaction. */
  setAll(data: readonly { readonly path: string; readonly data: string }[]): Promise<void>;
  get(path: string): Promise<string>;
  children(path: string): Promise<string[]>;
  remove(path: string): Promise<void>;
  /** Removes a znode with everything below it in one transaction, as `zkCli deleteall` does: nobody sees half of it. */
  removeTree(path: string): Promise<void>;
  /** Sets a one-time watch on a znode's children. Resolves when the server has it; the event comes through `fired`. */
  watchChildren(path: string): Promise<{ readonly fired: Promise<Event> }>;
  /** Falls silent, as a host without power does: its ephemerals go when the server's time-out for the session is over. */
  vanish(): void;
  /** Ends the session properly: its ephemerals go at once. */
  close(): Promise<void>;
};

/** What becomes of a znode when its session ends, and whether the server numbers it. */
export type ZnodeKind = "persistent" | "ephemeral" | "ephemeral-sequential" | "persistent-sequential";

const modes: Readonly<Record<ZnodeKind, number>> = {
  persistent: CreateMode.PERSISTENT,
  ephemeral: CreateMode.EPHEMERAL,
  "ephemeral-sequential": CreateMode.EPHEMERAL_SEQUENTIAL,
  "persistent-sequential": CreateMode.PERSISTENT_SEQUENTIAL,
};

/** Opens a session and waits until it stands. The session is closed at teardown. */
export async function openZooKeeperSession(address: string, sessionTimeoutMs = 30_000): Promise<ZooKeeperSession> {
  const client = createClient(address, { sessionTimeout: sessionTimeoutMs, spinDelay: 50, retries: 0 });
  await connected(client, address);
  const closing = { name: `session with ${address}`, stop: () => client.close() };
  stopLater(closing);
  return {
    id: client.getSessionId().toString("hex").replace(/^0+/, ""),
    create: (path, data = "", kind = "persistent") => call<string>((done) => client.create(path, Buffer.from(data), modes[kind], done)),
    mkdirp: async (path) => {
      await call<string>((done) => client.mkdirp(path, done));
    },
    set: async (path, data) => {
      await call<unknown>((done) => client.setData(path, Buffer.from(data), done));
    },
    setAll: async (all) => {
      const transaction = all.reduce((sum, { path, data }) => sum.setData(path, Buffer.from(data)), client.transaction());
      await call<unknown>((done) => transaction.commit(done));
    },
    get: async (path) => (await call<Buffer | undefined>((done) => client.getData(path, done)))?.toString() ?? "",
    children: (path) => call<string[]>((done) => client.getChildren(path, done)),
    remove: (path) => call<void>((done) => client.remove(path, done)),
    removeTree: async (path) => {
      const paths = await treeOf(client, path);
      const transaction = paths.reduce((all, each) => all.remove(each), client.transaction());
      await call<unknown>((done) => transaction.commit(done));
    },
    watchChildren: async (path) => {
      const { promise: fired, resolve } = once<Event>();
      await call<unknown>((done) => client.getChildren(path, resolve, done));
      return { fired };
    },
    vanish: () => {
      stoppedAlready(closing);
      vanished(client);
    },
    close: () => {
      stoppedAlready(closing);
      return closed(client);
    },
  };
}

/** A znode and all below it, the deepest first. */
async function treeOf(client: Client, path: string): Promise<readonly string[]> {
  const names = await call<string[]>((done) => client.getChildren(path, done));
  const below = await Promise.all(names.map((name) => treeOf(client, `${path}/${name}`)));
  return [...below.flat(), path];
}

function once<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

type Done<T> = (error: unknown, value?: T) => void;

/** The library may wait for ever for a handshake that never comes. */
function call<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer from ZooKeeper within ${ANSWER_MS} ms`)), ANSWER_MS);
    start((error, value) => {
      clearTimeout(timer);
      if (error) reject(new Error(String(error)));
      else resolve(value as T);
    });
  });
}

/** Longer than a server that is suspended or restarted in a test is away. */
const ANSWER_MS = 60_000;

function connected(client: Client, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      client.close();
      reject(new Error(`no ZooKeeper session with ${address} within 30 s`));
    }, 30_000);
    client.once("connected", () => {
      clearTimeout(timer);
      resolve();
    });
    client.connect();
  });
}

/** One that is disconnected has nobody to say goodbye to, and its library would never say that it has closed. */
function closed(client: Client): Promise<void> {
  return new Promise((resolve) => {
    const wasConnected = client.getState() === State.SYNC_CONNECTED;
    client.once("disconnected", resolve);
    client.close();
    if (!wasConnected) resolve();
  });
}

/** Inside the library: it connects again by itself, and says goodbye when it is closed. */
type WithConnection = Client & { readonly connectionManager: { connect: () => void; readonly socket?: { destroy(): void } } };

function vanished(client: Client): void {
  const { connectionManager } = client as WithConnection;
  connectionManager.connect = () => undefined;
  connectionManager.socket?.destroy();
}
