import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { claims, freePort, portsFrom } from "./ports.js";
import { startNode } from "./processes.js";
import { stopLater } from "./teardown.js";

test("two that look in the same place get different ports, although nobody listens on them yet", async () => {
  const first = await freePort();
  const [one, other] = [portsFrom(first), portsFrom(first)];
  const given = [first, ...(await Promise.all([one(), other(), one(), other()]))];
  expect(new Set(given).size).toBe(5);
});

test("a port that somebody listens on is not given", async () => {
  const taken = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken + 1, "127.0.0.1", resolve));
  stopLater({ name: "listener", stop: () => void server.close() });
  expect(await portsFrom(taken + 1)()).not.toBe(taken + 1);
});

test("what a process had that was killed is free again", async () => {
  const first = (await freePort()) + 1;
  const killed = startNode("-e", [""]);
  await killed.exited;
  writeFileSync(join(claims, String(first)), String(killed.pid));
  expect(await portsFrom(first)()).not.toBe(first);
  expect(await portsFrom(first)()).toBe(first);
});
