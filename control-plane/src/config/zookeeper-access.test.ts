import { formatProblem } from "@fairlead/shared";
import { expect, test } from "vitest";
import { printConfig, readSettings, type ZooKeeperSourceSettings } from "./index.js";

function read(more: string) {
  const text = `id: cp
stateDir: /s
sources:
  - name: zk
    type: zookeeper
    servers: ["[::1]:2181", "zk.internal:2181"]
    ${more}
    paths: [ { path: /members/cart, service: cart, format: host-port } ]
`;
  return readSettings({ main: { file: "cp.yaml", text }, included: [], environment: {}, resolve: (path) => `/etc/${path}` });
}

function sourceOf(more: string): ZooKeeperSourceSettings {
  const settings = read(more);
  const source = settings.ok ? settings.value.settings.sources[0] : undefined;
  if (source?.type !== "zookeeper") throw new Error(JSON.stringify(settings));
  return source;
}

function problemsOf(more: string): readonly string[] {
  const settings = read(more);
  return settings.ok ? [] : settings.error.map(formatProblem);
}

test("a password is read from the configuration or from a file, and never printed", () => {
  expect(sourceOf('auth: { digest: "app:s3cr:et" }').auth).toEqual({ user: "app", password: { kind: "text", text: "s3cr:et" } });
  expect(sourceOf("auth: { digest: app, passwordFile: zk.password }").auth).toEqual({
    user: "app",
    password: { kind: "file", path: "/etc/zk.password" },
  });
  const settings = read('auth: { digest: "app:s3cret" }');
  const printed = settings.ok ? printConfig(settings.value) : "";
  expect(printed).toContain("app:(not shown)");
  expect(printed).not.toContain("s3cret");
});

test.each([
  ["a digest without a password", 'auth: { digest: "hunter2" }'],
  ["a user who is empty", 'auth: { digest: ":hunter2" }'],
  ["a password beside a password file", 'auth: { digest: "app:hunter2", passwordFile: f }'],
  ["text where the map belongs", 'auth: "app:hunter2"'],
  ["a list where the text belongs", 'auth: { digest: ["hunter2"] }'],
])("%s is refused without repeating it", (_, more) => {
  const problems = problemsOf(more);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^cp\.yaml:7:\d+: sources\[0\]\.auth/);
  expect(problems.join()).not.toContain("hunter2");
});

test("files of TLS are absolute, and a certificate has its key", () => {
  expect(sourceOf("tls: { ca: ca.pem, cert: me.pem, key: me.key, serverName: zk.internal }").tls).toEqual({
    ca: "/etc/ca.pem",
    cert: "/etc/me.pem",
    key: "/etc/me.key",
    serverName: "zk.internal",
  });
  expect(problemsOf("tls: { ca: ca.pem, cert: me.pem }")).toEqual(["cp.yaml:7:5: sources[0].tls: cert and key go together"]);
});

test("a chroot is a znode path of its own", () => {
  expect(sourceOf("chroot: /fairlead").chroot).toBe("/fairlead");
  expect(sourceOf("chroot: /").chroot).toBe("");
  expect(problemsOf("chroot: fairlead/")).toHaveLength(1);
  expect(problemsOf('chroot: "/*"')).toEqual(['cp.yaml:7:13: sources[0].chroot: expected a path without *, got "/*"']);
});
