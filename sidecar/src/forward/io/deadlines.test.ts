import { afterEach, describe, expect, test } from "vitest";
import { type EngineName, Rig, type RigOptions, stateAt } from "../testing/rig.js";
import { RawClient, RawServer, until } from "../testing/wire.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HEADER = /x-envoy-expected-rq-timeout-ms: *(\S+)\r\n/gi;

/** What each request that came said of its time. */
function timesIn(heard: string): readonly (string | undefined)[] {
  return [...heard.matchAll(HEADER)].map(([, time]) => time);
}

interface Origin {
  readonly ip: string;
  readonly port: number;
  readonly times: () => readonly (string | undefined)[];
}

/** Sorts before every endpoint at the usual address: picks start at the first by id. */
const FIRST = "127.0.0.10";

/** Answers with `answer`; with "" it is silent. */
async function origin(answer: string, ip = "127.0.0.1"): Promise<Origin> {
  let all = "";
  const server = await RawServer.start((socket, heard) => {
    if (!heard.endsWith("\r\n\r\n")) return;
    all += heard;
    if (answer !== "") socket.end(answer);
  }, ip);
  cleanups.push(() => server.close());
  return { ip, port: server.port, times: () => timesIn(all) };
}

function asking(rig: Rig, fields = "", method = "GET"): RawClient {
  const client = new RawClient(rig.port, `${method} / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n${fields}\r\n`);
  cleanups.push(() => client.socket.destroy());
  return client;
}

async function ask(rig: Rig, fields = ""): Promise<string> {
  const client = asking(rig, fields);
  await until(() => client.closed);
  return client.heard;
}

describe.each<EngineName>(["net", "node"])("engine %s", (engine) => {
  async function rigOf(options: RigOptions): Promise<Rig> {
    const rig = await Rig.start({ engine, ...options });
    cleanups.push(() => rig.engine.drain(0));
    return rig;
  }

  /** Two endpoints of which the first to be tried is silent; the second is at `port`. */
  async function silentThen(port: number, route: RigOptions["route"] = {}) {
    const silent = await origin("", FIRST);
    const rig = await rigOf({ endpoints: [stateAt(silent.port, silent.ip), stateAt(port)], route });
    return { rig, silent };
  }

  test("an endpoint hears how long its try may take; a caller's own word makes that shorter, never longer, and garbage is nobody's word", async () => {
    const { port, times } = await origin(OK);
    const rig = await rigOf({ endpoints: [stateAt(port)] });
    const field = (value: string) => `X-Envoy-Expected-Rq-Timeout-Ms: ${value}\r\n`;
    const said = ["", "200", "99999", "0", "-5", "1e3", "12 3", "abc", "", "99999999999"];
    for (const value of said) expect(await ask(rig, value === "" ? "" : field(value))).toContain("200 OK");
    await ask(rig, field("900") + field("700"));
    await ask(rig, `Connection: X-Envoy-Expected-Rq-Timeout-Ms\r\n${field("300")}`);
    const expected = ["15000", "200", "15000", "15000", "15000", "15000", "15000", "15000", "15000", "15000", "700", "300"];
    expect(times()).toEqual(expected);
  });

  test("a caller's own deadline ends the request with our 504", async () => {
    const { port } = await origin("");
    const rig = await rigOf({ endpoints: [stateAt(port)] });
    const client = asking(rig, "X-Envoy-Expected-Rq-Timeout-Ms: 400\r\n");
    await until(() => (rig.table.get("shop")?.endpoints[0]?.inFlight ?? 0) === 1);
    rig.clock.advance(500);
    await until(() => client.closed);
    expect(client.heard).toMatch(/^HTTP\/1\.1 504/);
    expect(client.heard).toContain("upstream-timeout");
  });

  test("a try whose time is over is made elsewhere where that is safe, with the time that is left", async () => {
    const good = await origin(OK);
    const { rig, silent } = await silentThen(good.port, { timeoutMs: 1_000, perTryTimeoutMs: 700 });
    const client = asking(rig);
    await until(() => silent.times().length === 1);
    rig.clock.advance(800);
    await until(() => client.closed);
    expect(client.heard).toContain("200 OK");
    expect(silent.times()).toEqual(["700"]);
    expect(Number(good.times()[0])).toBeLessThanOrEqual(300);
    expect(rig.table.get("shop")?.endpoints[0]).toMatchObject({ timeouts: 1, failures: 1 });
  });

  test("where it is not safe, or there is no retry left, the end of a try is the end: our 504 with its reason", async () => {
    const { port, times } = await origin("");
    const other = await origin("");
    const rig = await rigOf({ endpoints: [stateAt(port), stateAt(other.port)], route: { perTryTimeoutMs: 300 } });
    const count = () => times().length + other.times().length;
    const post = asking(rig, "Content-Length: 0\r\n", "POST");
    await until(() => count() === 1);
    rig.clock.advance(400);
    await until(() => post.closed);
    expect(post.heard).toMatch(/^HTTP\/1\.1 504[\s\S]*upstream-timeout/);
    expect(count()).toBe(1);
    const get = asking(rig);
    await until(() => count() === 2);
    rig.clock.advance(400);
    await until(() => count() === 3);
    rig.clock.advance(400);
    await until(() => get.closed);
    expect(get.heard).toMatch(/^HTTP\/1\.1 504[\s\S]*the last of 2 tries ended with timeout/);
  });

  test("an answer that has begun may take as long as the whole request", async () => {
    let finish = () => {};
    const server = await RawServer.start((socket, heard) => {
      if (!heard.endsWith("\r\n\r\n")) return;
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
      finish = () => socket.end("lf");
    });
    cleanups.push(() => server.close());
    const rig = await rigOf({ endpoints: [stateAt(server.port)], route: { perTryTimeoutMs: 300 } });
    const client = asking(rig);
    await until(() => client.heard.endsWith("ha"));
    rig.clock.advance(5_000);
    finish();
    await until(() => client.closed);
    expect(client.heard).toMatch(/half$/);
  });

  test("through three sidecars the deadline shrinks by what each has used", async () => {
    const { port, times } = await origin(OK);
    const third = await silentThen(port, { timeoutMs: 15_000, perTryTimeoutMs: 250 });
    const second = await silentThen(third.rig.port, { timeoutMs: 15_000, perTryTimeoutMs: 400 });
    const first = await rigOf({ endpoints: [stateAt(second.rig.port)], route: { timeoutMs: 1_000 } });
    const client = asking(first);
    await until(() => second.silent.times().length === 1);
    // Each hop's own clock: what has passed at the others is in what they say.
    second.rig.clock.advance(450);
    await until(() => third.silent.times().length === 1);
    third.rig.clock.advance(300);
    await until(() => client.closed);
    expect(client.heard).toContain("200 OK");
    const [atSecond, atThird, atOrigin] = [second.silent, third.silent, { times }].map(({ times: said }) => Number(said()[0]));
    expect([atSecond, atThird]).toEqual([400, 250]);
    expect(atOrigin).toBeLessThanOrEqual(150);
    expect(atOrigin).toBeGreaterThanOrEqual(1);
  });
});
