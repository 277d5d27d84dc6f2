import { expect, test } from "vitest";
import { type EngineName, Rig, stateAt } from "../testing/rig.js";
import { RawClient, RawServer, until } from "../testing/wire.js";

const REQUEST = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";

/** What a caller hears whose request breaks at the first endpoint and has `answer` from the second. */
async function heardAfterRetry(engine: EngineName, answer: string): Promise<string> {
  let breaking = "";
  const servers = await Promise.all(
    [0, 1].map(() =>
      RawServer.start((socket, heard) => {
        if (`127.0.0.1:${socket.localPort}` === breaking) socket.destroy();
        else if (heard.endsWith("\r\n\r\n")) socket.write(answer);
      }),
    ),
  );
  const rig = await Rig.start({ engine, endpoints: servers.map(({ port }) => stateAt(port)) });
  // Picks start at the first by id.
  breaking = [...rig.ids].sort()[0] ?? "";
  const client = new RawClient(rig.port, REQUEST);
  await until(() => client.closed);
  await rig.engine.drain(0);
  for (const server of servers) server.close();
  return client.heard;
}

test.each<EngineName>(["net", "node"])(
  "engine %s: an answer that failed after a retry says so, a good one has nothing to say",
  async (engine) => {
    const failed = await heardAfterRetry(engine, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    expect(failed).toMatch(/^HTTP\/1\.1 503/);
    expect(failed).toContain("X-Fairlead-Retried: 1\r\n");
    const good = await heardAfterRetry(engine, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(good).toMatch(/^HTTP\/1\.1 200/);
    expect(good).not.toContain("X-Fairlead-Retried");
  },
);
