import { expect, test } from "vitest";
import { type EngineName, Rig, stateAt } from "../testing/rig.js";
import { RawClient, RawServer, until } from "../testing/wire.js";

const REQUEST = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";

async function ask(rig: Rig): Promise<string> {
  const client = new RawClient(rig.port, REQUEST);
  await until(() => client.closed);
  return client.heard;
}

test.each<EngineName>(["net", "node"])(
  "engine %s: an endpoint that asks for time has it, and its caller hears that it did",
  async (engine) => {
    const counts = [0, 0];
    const servers = await Promise.all(
      [0, 1].map((index) =>
        RawServer.start((socket, heard) => {
          if (!heard.endsWith("\r\n\r\n")) return;
          counts[index] = (counts[index] ?? 0) + 1;
          const asks = index === 0 && counts[0] === 1;
          socket.write(
            asks ? "HTTP/1.1 503 No\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
          );
        }),
      ),
    );
    const endpoints = servers.map(({ port }) => stateAt(port));
    const rig = await Rig.start({ engine, endpoints });
    const heard: string[] = [];
    for (let request = 0; request < 10; request++) heard.push(await ask(rig));
    expect(heard.filter((answer) => answer.includes("503"))).toHaveLength(1);
    expect(heard.find((answer) => answer.includes("503"))?.toLowerCase()).toContain("retry-after: 5");
    expect(counts).toEqual([1, 9]);
    expect(endpoints[0]).toMatchObject({ ejectedBecause: "asked", ejectedUntilMs: 5_000 });
    rig.clock.advance(5_000);
    for (let request = 0; request < 4; request++) await ask(rig);
    expect(counts[0]).toBeGreaterThan(1);
    expect(endpoints[0]?.ejectedUntilMs).toBe(0);
    await rig.engine.drain(0);
    for (const server of servers) server.close();
  },
);

test.each<EngineName>(["net", "node"])(
  "engine %s: an endpoint that says it fails its checks is left alone, and nobody else hears of it",
  async (engine) => {
    const says = "HTTP/1.1 200 OK\r\nX-Envoy-Immediate-Health-Check-Fail: true\r\nContent-Length: 6\r\n\r\nleaves";
    const servers = await Promise.all(
      [says, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"].map((answer) =>
        RawServer.start((socket, heard) => void (heard.endsWith("\r\n\r\n") && socket.write(answer))),
      ),
    );
    const rig = await Rig.start({ engine, endpoints: servers.map(({ port }) => stateAt(port)) });
    const heard: string[] = [];
    for (let request = 0; request < 10; request++) heard.push(await ask(rig));
    expect(heard.filter((answer) => answer.endsWith("leaves"))).toHaveLength(1);
    expect(heard.join("")).not.toMatch(/immediate/i);
    rig.clock.advance(30_000);
    for (let request = 0; request < 4; request++) heard.push(await ask(rig));
    expect(heard.filter((answer) => answer.endsWith("leaves")).length).toBeGreaterThan(1);
    await rig.engine.drain(0);
    for (const server of servers) server.close();
  },
);
