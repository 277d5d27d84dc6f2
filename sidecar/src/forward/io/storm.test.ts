import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { below, seeded } from "@fairlead/shared";
import { expect, test } from "vitest";
import { Rig, stateAt } from "../testing/rig.js";
import { RawClient, until } from "../testing/wire.js";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST_HEAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n";

test.each(["net", "node"] as const)(
  "callers and upstreams that break off anywhere leave no lease, no place and no request behind (%s)",
  async (engine) => {
    const rng = seeded(4);
    const server = createServer((request, response) => {
      request.on("error", () => {}).resume();
      const fate = below(rng, 10);
      if (fate < 2) request.socket.destroy();
      else if (fate < 3) response.write("begin", () => request.socket.destroy());
      else if (fate < 4) response.end("before the body");
      else request.on("end", () => response.end("whole".repeat(1_000)));
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const states = [stateAt(port), stateAt(port, "127.0.0.2")];
    const rig = await Rig.start({ engine, endpoints: states, config: { maxRequests: 60 } });
    for (let batch = 0; batch < 40; batch++) {
      const clients = Array.from({ length: 30 }, () => {
        const body = "x".repeat(below(rng, 2) * 49_000 + 1_000);
        return new RawClient(rig.port, below(rng, 2) === 0 ? GET.repeat(1 + below(rng, 3)) : POST_HEAD + body);
      });
      for (let turns = below(rng, 40); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      rig.clock.advance(below(rng, 2_000));
      for (const client of clients) client.socket.destroy();
    }
    await until(() => rig.engine.inFlight === 0);
    expect(states.map((state) => state.inFlight)).toEqual([0, 0]);
    expect(rig.path.counters.get("shop")?.limits).toMatchObject({ inFlight: 0, retrying: 0 });
    // The storm was one: all ways to end have been taken.
    for (const key of ["successes", "failures", "cancelled"] as const) expect(states[0]?.[key]).toBeGreaterThan(0);
    await rig.engine.drain(0);
    server.closeAllConnections();
    server.close();
  },
);
