// Malformed and odd messages over real sockets. Expectations: R refuse and forward nothing; W
// never whole; A, N accept; E either; +C, |C close.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EngineName, Rig, stateAt } from "../testing/rig.js";
import { type CorpusCase, corpus, RawClient, RawServer, until } from "../testing/wire.js";

/** The reference engine leaves what is beyond the corpus to Node's parser. */
const REQUESTS = { net: [...corpus("http1-requests"), ...corpus("http1-more-requests")], node: corpus("http1-requests") };
const RESPONSES = { net: [...corpus("http1-responses"), ...corpus("http1-more-responses")], node: corpus("http1-responses") };

/**
 * What an engine gets wrong, by id. A case that is mended must leave the list: its test fails as long as it stays.
 * Both: Node's client drops a whole answer when bytes follow it in the same read. The caller sees a broken connection, which
 * is safe, but the answer was good.
 */
const KNOWN_GAPS: Readonly<Record<EngineName, ReadonlySet<string>>> = { net: new Set(), node: new Set(["r.cl-extra", "r.head-body"]) };

/** How many whole answers of the recording upstream (their body is the word `served`) a client has heard. */
function served(client: RawClient): number {
  return client.heard.split("served").length - 1;
}

function isRefused(client: RawClient): boolean {
  const finals = client.statuses.filter((status) => status >= 200);
  return client.closed && finals.every((status) => status >= 400);
}

describe.each(["net", "node"] as const)("the %s engine", (engine) => {
  describe("requests", () => {
    /** Whole requests the upstream got. */
    const completed: string[] = [];
    let begun = 0;
    let server: Server;
    let rig: Rig;

    beforeAll(async () => {
      server = createServer((request, response) => {
        begun++;
        request.on("error", () => {});
        request.resume().on("end", () => {
          completed.push(`${request.method} ${request.url}`);
          response.end("served");
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      rig = await Rig.start({ engine, endpoints: [stateAt((server.address() as AddressInfo).port)] });
    });

    afterAll(async () => {
      await rig.engine.drain(0);
      server.closeAllConnections();
      server.close();
    });

    test.each(REQUESTS[engine])("$id ($expect)", async ({ expect: expected, raw }) => {
      const before = completed.length;
      const answers = expected === "A3" ? 3 : expected === "A2" ? 2 : 1;
      const client = new RawClient(rig.port, raw);
      if (expected === "W") client.socket.end();
      await until(() => client.closed || served(client) >= answers);
      const forwarded = completed.slice(before);
      expect(forwarded).not.toContain("GET /smuggled");
      if (expected === "R" || expected === "W") expect([isRefused(client), forwarded]).toEqual([true, []]);
      else if (expected.startsWith("R|")) expect(client.closed).toBe(true);
      else if (expected.startsWith("A") || expected === "N") expect([served(client), forwarded.length]).toEqual([answers, answers]);
      else expect(isRefused(client) || served(client) === 1).toBe(true);
      if (expected === "A1+R") await until(() => client.closed);
      client.socket.destroy();
    });

    const inBody = REQUESTS[engine].filter((entry) => entry.id.startsWith("ck.") && entry.expect === "R");

    test.each(inBody)("$id whose body comes after its head was sent on reaches no upstream as a whole request", async ({ raw }) => {
      const before = { begun, completed: completed.length };
      const end = raw.indexOf("\r\n\r\n") + 4;
      const client = new RawClient(rig.port, raw.slice(0, end));
      await until(() => begun > before.begun);
      client.say(raw.slice(end));
      await until(() => client.closed);
      expect(isRefused(client)).toBe(true);
      await until(() => rig.engine.inFlight === 0);
      expect(completed.length).toBe(before.completed);
    });
  });

  describe("responses", () => {
    test.each(RESPONSES[engine])("$id ($expect)", async (entry) => {
      const { client, close } = await answeredWith(engine, entry);
      await until(() => client.closed);
      const good = client.statuses.some((status) => status < 400) && !client.failed;
      if (KNOWN_GAPS[engine].has(entry.id)) expect(good, "mended: take it off the list").toBe(false);
      else if (entry.expect.startsWith("R")) expect(good).toBe(false);
      else if (entry.expect.startsWith("A")) expect(good).toBe(true);
      else expect(good || client.statuses[0] === 502).toBe(true);
      expect(client.heard).not.toContain("evil");
      await close();
    });

    test("a connection on which a second answer came unasked is not used again", async () => {
      const poisoned = RESPONSES[engine].find((entry) => entry.id === "r.second");
      const server = await RawServer.start((socket, heard) => {
        if (server.sockets.length === 1) socket.write(Buffer.from(poisoned?.raw ?? "", "latin1"));
        else if (heard.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
      });
      const rig = await Rig.start({ engine, endpoints: [stateAt(server.port)] });
      const client = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await until(() => client.heard.endsWith("ok"));
      client.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await until(() => client.heard.endsWith("good"));
      expect(client.heard).not.toContain("evil");
      client.socket.destroy();
      await rig.engine.drain(0);
      server.close();
    });
  });
});

async function answeredWith(engine: EngineName, { method, raw }: CorpusCase): Promise<{ client: RawClient; close: () => Promise<void> }> {
  const server = await RawServer.start((socket) => void socket.end(Buffer.from(raw, "latin1")));
  const rig = await Rig.start({ engine, endpoints: [stateAt(server.port)] });
  const client = new RawClient(rig.port, `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const close = async () => {
    await rig.engine.drain(0);
    server.close();
  };
  return { client, close };
}
