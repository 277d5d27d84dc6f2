import { readFileSync } from "node:fs";
import { durationMs, parseCommandLine } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

type Unit = ReadonlyMap<string, readonly string[]>;

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** `Section.Key` to every value it was given, in order. */
function parseUnit(text: string): Unit {
  const unit = new Map<string, string[]>();
  let section = "";
  for (const [at, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const header = /^\[(\w+)\]$/.exec(line);
    const pair = /^([A-Z]\w*)=(.*)$/.exec(line);
    if (header?.[1] !== undefined) section = header[1];
    else if (pair?.[1] !== undefined && pair[2] !== undefined && section !== "") {
      const key = `${section}.${pair[1]}`;
      unit.set(key, [...(unit.get(key) ?? []), pair[2]]);
    } else throw new Error(`line ${at + 1} is neither section, key nor comment: ${line}`);
  }
  return unit;
}

describe.each(["control-plane", "sidecar"])("fairlead-%s.service", (plane) => {
  const unit = parseUnit(read(`systemd/fairlead-${plane}.service`));
  const one = (key: string) => unit.get(key)?.join(" ");

  test("starts the bundle of its name with a command line the program takes", () => {
    const node = plane === "sidecar" ? "/usr/bin/node --max-semi-space-size=2" : "/usr/bin/node";
    const begins = `${node} /usr/lib/fairlead/${plane}.mjs `;
    const command = one("Service.ExecStart") ?? "";
    expect(command.slice(0, begins.length)).toBe(begins);
    const words = command.slice(begins.length).split(" ");
    expect(parseCommandLine(words)).toEqual({ ok: true, value: { kind: "run", file: `/etc/fairlead/${plane}.yaml`, strict: false } });
  });

  test("says in its environment what the container does", () => {
    const containerfile = read(`containers/${plane}.Containerfile`);
    expect(one("Service.Environment")).toBe(/^ENV (.+)$/m.exec(containerfile)?.[1]);
  });

  test.each([
    ["Type", "exec"],
    ["Restart", "always"],
    ["KillSignal", "SIGTERM"],
    ["KillMode", "mixed"],
    ["DynamicUser", "yes"],
    ["NoNewPrivileges", "yes"],
    ["CapabilityBoundingSet", ""],
    ["ProtectSystem", "strict"],
    ["ProtectHome", "yes"],
    ["PrivateDevices", "yes"],
    ["PrivateTmp", "yes"],
    ["RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"],
    ["RestrictNamespaces", "yes"],
    ["SystemCallFilter", "@system-service ~@privileged"],
    ["StateDirectoryMode", "0700"],
  ])("says %s=%s", (key, value) => {
    expect(one(`Service.${key}`)).toBe(value);
  });

  test("never gives up, and pauses between tries", () => {
    expect(one("Unit.StartLimitIntervalSec")).toBe("0");
    expect(durationMs(one("Service.RestartSec") ?? "")).toBeGreaterThanOrEqual(1_000);
  });

  test("its state directory is the one the example configuration names", () => {
    const { stateDir } = parse(read(`config/${plane}.yaml`)) as { stateDir: string };
    expect(`/var/lib/${one("Service.StateDirectory")}`).toBe(stateDir);
  });

  test("leaves out what Node could not start under", () => {
    expect(unit.has("Service.MemoryDenyWriteExecute")).toBe(false);
  });
});

test("the sidecar is killed only after its drain may have ended", () => {
  const unit = parseUnit(read("systemd/fairlead-sidecar.service"));
  const { drain } = parse(read("config/sidecar.yaml")) as { drain: { timeout: string } };
  expect(durationMs(unit.get("Service.TimeoutStopSec")?.[0] ?? "")).toBeGreaterThan(durationMs(drain.timeout));
});

test("the drop-in only lengthens pauses", () => {
  const unit = parseUnit(read("systemd/backoff.conf"));
  expect([...unit.keys()]).toEqual(["Service.RestartSteps", "Service.RestartMaxDelaySec"]);
  expect(durationMs(unit.get("Service.RestartMaxDelaySec")?.[0] ?? "")).toBe(30_000);
});
