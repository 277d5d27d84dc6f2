import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { run, step, tail, Unprepared } from "./run.mjs";

/**
 * What the end-to-end ring runs for real, the Debian package that has it, and how to tell that it is there.
 * Recommended packages are left out: zookeeper would bring a desktop's worth of Java.
 */
const needs = [
  { packageName: "default-jre-headless", there: async () => (await run("java", ["-version"])).ok },
  { packageName: "zookeeper", there: async () => existsSync("/usr/share/java/zookeeper.jar") },
  { packageName: "knot", there: async () => existsSync("/usr/sbin/knotd") && existsSync("/usr/sbin/knotc") },
  { packageName: "bind9", there: async () => existsSync("/usr/sbin/named") && existsSync("/usr/sbin/rndc") },
  { packageName: "python3-grpcio", there: async () => (await run("/usr/bin/python3", ["-c", "import grpc"])).ok },
  { packageName: "iproute2", there: async () => (await run("ip", ["-V"])).ok },
  { packageName: "python3-venv", there: async () => (await run("/usr/bin/python3", ["-c", "import venv, ensurepip"])).ok },
];

/** What the proxy bench alone runs. */
const proxyNeeds = [
  { packageName: "haproxy", there: async () => (await run("haproxy", ["-v"])).ok },
  { packageName: "nginx-light", there: async () => (await run("nginx", ["-v"])).ok },
  { packageName: "libnginx-mod-stream", there: async () => existsSync("/usr/lib/nginx/modules/ngx_stream_module.so") },
  { packageName: "wrk", there: async () => existsSync("/usr/bin/wrk") },
];

export const ZOOKEEPER_PACKAGES = ["default-jre-headless", "zookeeper"];

const aptEnv = { DEBIAN_FRONTEND: "noninteractive" };
/** Another apt may be at work (a first boot's automatic updates): wait for it rather than fail. */
const aptOptions = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2"];

/**
 * Installs what is missing as root on Debian; elsewhere says exactly what to run and fails.
 * @param {readonly string[]} [only] of these packages; all by default
 */
export async function prepareDebianPackages(only) {
  await prepare(needs.filter(({ packageName }) => only === undefined || only.includes(packageName)));
}

export async function prepareProxyPackages() {
  await prepare(proxyNeeds);
}

async function prepare(wanted) {
  const missing = [];
  for (const need of wanted) if (!(await need.there())) missing.push(need.packageName);
  if (missing.length === 0) return;

  const install = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (!isDebian()) {
    throw new Unprepared(
      `the tests run real servers that are missing here (${missing.join(", ")}) and are installed from Debian packages only.\n` +
        'Run the tests on Debian 12 or newer, for example:\n  docker run --rm -it -v "$PWD":/fairlead -w /fairlead node:24-bookworm npm test',
    );
  }
  if (process.getuid?.() !== 0) {
    throw new Unprepared(
      `the tests run real servers that are missing here (${missing.join(", ")}). Install them, then run this again:\n` +
        `  sudo apt-get update\n  sudo ${install}\n` +
        "Debian starts knot and named as system services when they are installed; the tests do not need them: sudo systemctl disable --now knot named",
    );
  }
  await step(install, () => withoutStartingServices(() => aptInstall(missing)));
  for (const need of wanted) {
    if (!(await need.there())) throw new Unprepared(`${need.packageName} is installed but does not work: try \`${install}\` by hand`);
  }
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8")) && existsSync("/usr/bin/apt-get");
  } catch {
    return false;
  }
}

/** One retry of each half: mirrors do hiccup, and a stale index names packages that are gone. */
async function aptInstall(packageNames) {
  let last = { ok: false, output: "" };
  for (let attempt = 0; attempt <= 2 && !last.ok; attempt++) {
    const update = await run("apt-get", [...aptOptions, "update"], { env: aptEnv });
    last = await run("apt-get", [...aptOptions, "install", "-y", "--no-install-recommends", ...packageNames], { env: aptEnv });
    if (!update.ok) last = { ...last, output: `${tail(update.output, 5)}\n${last.output}` };
  }
  if (!last.ok) throw new Unprepared(`apt-get could not install ${packageNames.join(" ")}:\n${tail(last.output)}`);
}

/** Debian starts a package's daemon as it installs it: a knotd on port 53 is not what a test run should leave behind. */
async function withoutStartingServices(work) {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return work();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const undo = () => unlinkSync(policy);
  const interrupted = () => {
    undo();
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    return await work();
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    undo();
  }
}
