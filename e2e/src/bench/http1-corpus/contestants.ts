// HAProxy and nginx as they are installed, with nothing switched off that they check by themselves.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { originLanes, ourLanes } from "../../conformance/our-lanes.js";
import type { Lane } from "../../conformance/through.js";
import { httpRequest } from "../../harness/http-request.js";
import { startProcess } from "../../harness/processes.js";
import { temporaryFolder } from "../../harness/teardown.js";
import { until } from "../../harness/until.js";

export interface Contestant {
  readonly name: string;
  readonly lanes: readonly Lane[];
  /** Before a message counts as one that is waited for. */
  readonly patienceMs: number;
}

export async function contestants(laneCount: number): Promise<readonly Contestant[]> {
  const haproxy = await originLanes(laneCount);
  startProcess({ name: "haproxy", command: "haproxy", args: ["-db", "-f", fileOf("haproxy.cfg", haproxyConfig(haproxy))] });
  const nginx = await originLanes(laneCount);
  startProcess({ name: "nginx", command: "nginx", args: ["-e", "stderr", "-c", fileOf("nginx.conf", nginxConfig(nginx))] });
  const all = [
    { name: "ours", lanes: await ourLanes(laneCount), patienceMs: 5_000 },
    { name: `HAProxy ${versionOf("haproxy")}`, lanes: haproxy, patienceMs: 1_000 },
    { name: `nginx ${versionOf("nginx")}`, lanes: nginx, patienceMs: 1_000 },
  ];
  for (const { name, lanes } of all) {
    for (const { port } of lanes) await until(`${name} to serve`, async () => (await httpRequest({ port, path: "/" })).status === 200);
  }
  return all;
}

function haproxyConfig(lanes: readonly Lane[]): string {
  const lane = ({ port, origin }: Lane, index: number) => `
listen lane-${index}
  bind 127.0.0.1:${port}
  http-reuse always
  server origin 127.0.0.1:${origin.port}`;
  return `
defaults
  mode http
  option forwardfor
  retries 0
  timeout connect 5s
  timeout client 30s
  timeout server 30s
${lanes.map(lane).join("\n")}
`;
}

function nginxConfig(lanes: readonly Lane[]): string {
  const lane = ({ port, origin }: Lane, index: number) => `
  upstream lane-${index} { server 127.0.0.1:${origin.port} max_fails=0; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    server_name origin;
    location / {
      proxy_pass http://lane-${index};
      proxy_http_version 1.1;
      proxy_next_upstream off;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`;
  return `
daemon off;
master_process off;
error_log /dev/null crit;
pid /dev/null;
events { worker_connections 1024; }
http {
  access_log off;
${lanes.map(lane).join("\n")}
}
`;
}

function fileOf(name: string, text: string): string {
  const file = join(temporaryFolder("http1-corpus"), name);
  writeFileSync(file, text);
  return file;
}

function versionOf(command: string): string {
  const { stdout, stderr } = spawnSync(command, ["-v"], { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? "";
}
