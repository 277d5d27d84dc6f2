import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { breakOff } from "./break-off.js";

/** How the two ends of a connection see its end, after `act` was done to the server's. */
async function endsAfter(act: (socket: Socket) => void): Promise<{ readonly closed: boolean; readonly callerFailed: boolean }> {
  let closed = false;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", () => {
      closed = true;
    });
    act(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const caller = connect((server.address() as AddressInfo).port, "127.0.0.1").resume();
  let callerFailed = false;
  caller.on("error", () => {
    callerFailed = true;
  });
  await new Promise<void>((resolve) => caller.on("close", () => resolve()));
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  server.close();
  return { closed, callerFailed };
}

test("the caller of a connection that is broken off sees that it was", async () => {
  expect(await endsAfter(breakOff)).toEqual({ closed: true, callerFailed: true });
});

test("a connection whose end is already on its way is closed all the same", async () => {
  const ended = await endsAfter((socket) => {
    socket.end("whole");
    breakOff(socket);
  });
  expect(ended.closed).toBe(true);
  const justEnding = await endsAfter((socket) => {
    socket.end();
    breakOff(socket);
  });
  expect(justEnding.closed).toBe(true);
});
