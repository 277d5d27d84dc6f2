import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { type Answer, decode, encode, type RecordType } from "dns-packet";
import { expect, test } from "vitest";
import { answeredWith, onlyFor, randomSubset, silentlyTruncatedTo, truncatedTo, wrongId, wrongQuestion } from "./dns-changes.js";
import { DnsFrames, framedDns } from "./dns-frames.js";
import { startDnsFaultProxy, startFaultProxy } from "./fault-proxy.js";
import { freePort } from "./ports.js";
import { stopLater } from "./teardown.js";
import { PATIENCE_MS, until, untilEqual } from "./until.js";

/** A server that gives back what it gets, and knows its connections. */
async function startEcho() {
  const port = await freePort();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined).on("close", () => open.delete(socket));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  stopLater({
    name: "echo",
    stop: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  });
  return { port, open };
}

/** A client that keeps what it hears. */
async function dial(port: number) {
  const socket = connect(port, "127.0.0.1");
  const state = { heard: "", closed: undefined as string | undefined };
  socket.on("data", (bytes: Buffer) => {
    state.heard += bytes.toString();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    state.closed = error.code ?? error.message;
  });
  socket.on("close", () => {
    state.closed ??= "closed";
  });
  stopLater({ name: "client", stop: () => void socket.destroy() });
  await until("the connection to be open or refused", () => socket.readyState === "open" || state.closed !== undefined);
  return { socket, state, say: (text: string) => socket.write(text) };
}

test("passes bytes both ways, and the end of a connection", async () => {
  const echo = await startEcho();
  const proxy = await startFaultProxy(echo);
  const client = await dial(proxy.port);
  client.say("hello");
  await untilEqual("the echo", () => client.state.heard, "hello");
  client.socket.end();
  await untilEqual("the end", () => client.state.closed, "closed");
  await untilEqual("no connection", () => [proxy.connections().open, echo.open.size], [0, 0]);
});

test("refuses new connections, resets open ones, and listens again when it may", async () => {
  const proxy = await startFaultProxy(await startEcho());
  const open = await dial(proxy.port);
  await proxy.set({ kind: "refuse" });
  await untilEqual("the reset", () => open.state.closed, "ECONNRESET");
  expect((await dial(proxy.port)).state.closed).toBe("ECONNREFUSED");
  await proxy.set({ kind: "pass" });
  const again = await dial(proxy.port);
  again.say("back");
  await untilEqual("the echo", () => again.state.heard, "back");
});

test("closes what it accepts", async () => {
  const proxy = await startFaultProxy(await startEcho());
  await proxy.set({ kind: "close" });
  const client = await dial(proxy.port);
  await untilEqual("the reset", () => client.state.closed, "ECONNRESET");
  expect(proxy.connections().accepted).toBe(1);
});

test("a black hole holds open connections and new ones, and lets what was sent arrive when it heals", async () => {
  const echo = await startEcho();
  const proxy = await startFaultProxy(echo);
  const before = await dial(proxy.port);
  before.say("1");
  await untilEqual("the echo", () => before.state.heard, "1");
  await proxy.set({ kind: "black-hole" });
  const during = await dial(proxy.port);
  before.say("2");
  during.say("3");
  await untilEqual("both to be accepted", () => proxy.connections().open, 2);
  expect([before.state.heard, during.state.heard, echo.open.size]).toEqual(["1", "", 1]);
  await proxy.set({ kind: "pass" });
  await untilEqual("what was sent", () => [before.state.heard, during.state.heard], ["12", "3"]);
});

test("a black hole for answers lets the server hear", async () => {
  const echo = await startEcho();
  const proxy = await startFaultProxy(echo);
  const client = await dial(proxy.port);
  let heard = "";
  await until("the server's side", () => echo.open.size === 1);
  for (const socket of echo.open) socket.on("data", (bytes: Buffer) => (heard += bytes.toString()));
  await proxy.set({ kind: "black-hole", way: "answers" });
  client.say("order");
  await untilEqual("the server to hear", () => heard, "order");
  expect(client.state.heard).toBe("");
  await proxy.set({ kind: "pass" });
  await untilEqual("the answer", () => client.state.heard, "order");
});

test("half-open: the server's side is closed, the client's stays silent also afterwards", async () => {
  const echo = await startEcho();
  const proxy = await startFaultProxy(echo);
  const client = await dial(proxy.port);
  await until("the server's side", () => echo.open.size === 1);
  await proxy.set({ kind: "half-open" });
  await untilEqual("the server's side to be closed", () => echo.open.size, 0);
  await proxy.set({ kind: "pass" });
  client.say("anybody?");
  const fresh = await dial(proxy.port);
  fresh.say("yes");
  await untilEqual("a new connection to work", () => fresh.state.heard, "yes");
  expect(client.state).toEqual({ heard: "", closed: undefined });
});

test("cuts answers in the middle and ends the connection", async () => {
  const proxy = await startFaultProxy(await startEcho());
  await proxy.set({ kind: "cut", afterBytes: 4 });
  const client = await dial(proxy.port);
  client.say("0123456789");
  // A kernel may hand over the last bytes and swallow the reset behind them.
  await until("the end", () => client.state.closed);
  expect(client.state.heard).toBe("0123");
});

test("delays, and keeps the order when the delay ends", async () => {
  const proxy = await startFaultProxy(await startEcho());
  await proxy.set({ kind: "delay", ms: 60 });
  const client = await dial(proxy.port);
  const startMs = performance.now();
  client.say("a");
  await until("the echo", () => client.state.heard === "a");
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(118);
  client.say("b");
  await proxy.set({ kind: "pass" });
  client.say("c");
  await untilEqual("the echoes", () => client.state.heard, "abc");
});

test("resets what is open when told, and goes on", async () => {
  const proxy = await startFaultProxy(await startEcho());
  const client = await dial(proxy.port);
  await until("the connection", () => proxy.connections().open === 1);
  proxy.cut();
  await untilEqual("the reset", () => client.state.closed, "ECONNRESET");
  expect((await dial(proxy.port)).state.closed).toBeUndefined();
});

const ANSWERS: Answer[] = [1, 2, 3, 4].map((number) => ({ type: "A", name: "a.test", ttl: 5, data: `10.0.0.${number}` }));

/** A DNS server with the same four answers to everything, on both transports. */
async function startFourAnswers() {
  const port = await freePort();
  const answer = (message: Buffer): Buffer => {
    const { id = 0, questions = [] } = decode(message);
    return encode({ type: "response", id, questions, answers: ANSWERS });
  };
  const udp = createSocket("udp4");
  udp.on("message", (message, from) => udp.send(answer(message), from.port, from.address));
  await new Promise<void>((resolve) => udp.bind(port, "127.0.0.1", resolve));
  const tcp = createServer((socket) => {
    const frames = new DnsFrames();
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      for (const message of frames.push(bytes)) socket.write(framedDns(answer(message)));
    });
  });
  await new Promise<void>((resolve) => tcp.listen(port, "127.0.0.1", resolve));
  stopLater({ name: "four answers", stop: () => void tcp.close(() => udp.close()) });
  return { port };
}

/** The first message that comes back, or undefined when none does. */
function askUdp(port: number, type: RecordType = "A", patienceMs = PATIENCE_MS): Promise<Buffer | undefined> {
  const socket = createSocket("udp4");
  return new Promise<Buffer | undefined>((resolve) => {
    socket.once("message", resolve).once("error", () => resolve(undefined));
    socket.connect(port, "127.0.0.1", () => socket.send(encode({ type: "query", id: 7, questions: [{ type, name: "a.test" }] })));
    setTimeout(resolve, patienceMs, undefined);
  }).finally(() => socket.close());
}

async function askTcp(port: number): Promise<Buffer | undefined> {
  const frames = new DnsFrames();
  const socket = connect(port, "127.0.0.1");
  return new Promise<Buffer | undefined>((resolve) => {
    socket.on("data", (bytes: Buffer) => frames.push(bytes).forEach(resolve)).on("error", () => resolve(undefined));
    socket.write(framedDns(encode({ type: "query", id: 7, questions: [{ type: "A", name: "a.test" }] })));
    setTimeout(resolve, PATIENCE_MS, undefined);
  }).finally(() => socket.destroy());
}

const summary = (message: Buffer | undefined) => {
  if (message === undefined) return undefined;
  const packet = decode(message);
  const data = (packet.answers ?? []).map((answer) => (answer.type === "A" ? answer.data.slice(-1) : answer.type)).join("");
  return { id: packet.id, tc: packet.flag_tc, code: (message[3] ?? 0) & 15, name: packet.questions?.[0]?.name, data };
};

test("changes DNS answers on both transports in each way it knows", async () => {
  const proxy = await startDnsFaultProxy(await startFourAnswers());
  const whole = { id: 7, tc: false, code: 0, name: "a.test", data: "1234" };
  for (const ask of [askUdp, askTcp]) {
    const under = async (change: Parameters<typeof onlyFor>[1]) => {
      await proxy.set({ kind: "dns", change });
      return summary(await ask(proxy.port));
    };
    await proxy.set({ kind: "pass" });
    expect(summary(await ask(proxy.port))).toEqual(whole);
    expect(await under(truncatedTo(2))).toEqual({ ...whole, tc: true, data: "12" });
    expect(await under(silentlyTruncatedTo(3))).toEqual({ ...whole, data: "123" });
    expect((await under(randomSubset(2, () => 0.9)))?.data).toHaveLength(2);
    expect(await under(wrongId)).toEqual({ ...whole, id: 7 ^ 0x5555 });
    expect(await under(wrongQuestion)).toEqual({ ...whole, name: "other-a.test" });
    expect(await under(answeredWith("REFUSED"))).toEqual({ ...whole, code: 5, data: "" });
    expect(await under(onlyFor("AAAA", answeredWith("SERVFAIL")))).toEqual(whole);
  }
});

test("drops, cuts and refuses datagrams without touching TCP, and remembers what was asked", async () => {
  const proxy = await startDnsFaultProxy(await startFourAnswers());
  await proxy.setUdp({ kind: "black-hole" });
  expect(await askUdp(proxy.port, "A", 150)).toBeUndefined();
  await proxy.setUdp({ kind: "refuse" });
  expect(await askUdp(proxy.port)).toBeUndefined();
  expect(summary(await askTcp(proxy.port))?.data).toBe("1234");
  await proxy.setUdp({ kind: "cut", afterBytes: 20 });
  expect(await askUdp(proxy.port)).toHaveLength(20);
  await proxy.setUdp({ kind: "pass" });
  expect(summary(await askUdp(proxy.port, "AAAA"))?.data).toBe("1234");
  expect(proxy.questions().map(({ type, transport }) => `${type} ${transport}`)).toEqual(["A udp", "A tcp", "A udp", "AAAA udp"]);
});
