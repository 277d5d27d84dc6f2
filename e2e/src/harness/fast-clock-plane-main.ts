// The built control plane on a clock that runs E2E_CLOCK_TIMES as fast, for what takes minutes by design: holds, windows,
// decay, check intervals and their time-outs, publishes. At real pace stay: the session with ZooKeeper, which is asked for
// its time-out divided likewise (the server's clock is real), xDS, whose other end is another process, DNS and files.
// Its own configuration is not followed: a change takes a restart.

import { startControlPlane } from "@fairlead/control-plane/app";
import { printConfig, settingsSchema } from "@fairlead/control-plane/config";
import { loadSettings } from "@fairlead/control-plane/config/io";
import { connectZooKeeper } from "@fairlead/control-plane/discovery/zookeeper/io";
import { systemWorld, VERSION, type World } from "@fairlead/control-plane/world";
import { ok } from "@fairlead/shared";
import { runProgram, systemClock } from "@fairlead/shared/io";
import { fastCalendar, fastClock } from "./fast-clock.js";

const times = Number(process.env["E2E_CLOCK_TIMES"] ?? "1");
if (!(times >= 1)) throw new Error(`E2E_CLOCK_TIMES is ${process.env["E2E_CLOCK_TIMES"]}, a number of 1 or more is needed`);

runProgram({
  name: "fast-clock-control-plane",
  version: VERSION,
  schema: settingsSchema,
  load: (file) => loadSettings(file, process.env),
  print: printConfig,
  async start({ read: { settings }, level }) {
    const world = faster(await systemWorld(settings, level));
    const started = await startControlPlane(world, settings);
    if (!started.ok) return started;
    const { xdsPort, adminPort, close } = started.value;
    return ok({ log: world.log, facts: { xdsPort, adminPort, times }, stop: async () => close() });
  },
});

function faster(world: World): World {
  const { probe, discovery, rng } = world;
  return {
    ...world,
    clock: fastClock(systemClock, times),
    probe: { send: (target) => probe.send({ ...target, check: { ...target.check, timeoutMs: target.check.timeoutMs / times } }) },
    discovery: {
      ...discovery,
      zookeeper: (log) => {
        const connect = connectZooKeeper({ clock: fastCalendar(systemClock, times), rng, log });
        return (options) => connect({ ...options, sessionTimeoutMs: Math.round(options.sessionTimeoutMs / times) });
      },
    },
  };
}
