// What the proxies in C and C++ are configured with: what the sidecar does for every request as well. Each strips hop-by-hop
// fields, sets Host, X-Forwarded-For, X-Forwarded-Proto and a request id, routes by Host, chooses the lesser loaded of two
// endpoints, keeps connections alive on both sides, has deadlines, one retry and no access log, and lets WebSocket through. TCP they relay
// as they do by default, to the lesser loaded of two, with the same time-outs.

import type { Bootstrap } from "../../harness/envoy.js";
import { socketAddress } from "../../harness/envoy.js";
import { HOST, LANES, type Lane, lanesOf } from "./lane.js";

export function haproxyConfig(lanes: readonly Lane[]): string {
  const httpFrontend = ({ name, port }: Lane) => `
frontend ${name}
  bind 127.0.0.1:${port}
  acl ours hdr(host),field(1,:) -i ${HOST}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Request-Id %[uuid()] unless { req.hdr(X-Request-Id) -m found }
  http-request deny deny_status 404 unless ours
  option forwardfor
  use_backend ${name}-endpoints if ours`;
  const tcpFrontend = ({ name, port }: Lane) => `
frontend ${name}
  mode tcp
  bind 127.0.0.1:${port}
  default_backend ${name}-endpoints`;
  const backend = ({ name, origins }: Lane) => `
backend ${name}-endpoints
  balance random(2)
  ${LANES[name] === "http" ? "http-reuse always\n  retry-on conn-failure empty-response" : "mode tcp"}
${origins.map((origin, index) => `  server s${index} 127.0.0.1:${origin} pool-max-conn -1`).join("\n")}`;
  return `
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  option redispatch
  retries 1
  timeout connect 1s
  timeout client 75s
  timeout server 15s
  timeout http-request 10s
  timeout http-keep-alive 75s
  timeout tunnel 1h
${lanesOf(lanes, "http").map(httpFrontend).join("\n")}
${lanesOf(lanes, "tcp").map(tcpFrontend).join("\n")}
${lanes.map(backend).join("\n")}
`;
}

export function nginxConfig(lanes: readonly Lane[]): string {
  const lane = ({ name, port, origins }: Lane) => `
  upstream ${name} {
    zone ${name} 64k;
    random two least_conn;
${origins.map((origin) => `    server 127.0.0.1:${origin};`).join("\n")}
    keepalive 1024;
    keepalive_requests 1000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    server_name ${HOST};
    location / {
      proxy_pass http://${name};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_for_upstream;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Request-Id $request_id;
      proxy_connect_timeout 1s;
      proxy_read_timeout 15s;
      proxy_next_upstream_tries 2;
    }
  }`;
  const http = `
  map $http_upgrade $connection_for_upstream { default ""; websocket upgrade; }
${lanesOf(lanes, "http").map(lane).join("\n")}`;
  return `load_module ${NGINX_STREAM_MODULE};\n${nginxOf(http)}\nstream {${lanesOf(lanes, "tcp").map(nginxStream).join("\n")}\n}\n`;
}

/** Debian's libnginx-mod-stream. */
const NGINX_STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

function nginxStream({ name, port, origins }: Lane): string {
  return `
  upstream ${name} {
    zone ${name}-stream 64k;
    random two least_conn;
${origins.map((origin) => `    server 127.0.0.1:${origin};`).join("\n")}
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    proxy_pass ${name};
    proxy_connect_timeout 1s;
    proxy_timeout 1h;
    proxy_next_upstream_tries 2;
  }`;
}

/** @param folder with the bodies as files */
export function originConfig(ports: readonly number[], folder: string): string {
  const server = (port: number) => `
  server { listen 127.0.0.1:${port} backlog=4096; root ${folder}; default_type application/octet-stream; }`;
  return nginxOf(`
  open_file_cache max=16 inactive=1h;
  open_file_cache_valid 1h;
  sendfile on;
  tcp_nopush off;
${ports.map(server).join("\n")}`);
}

function nginxOf(http: string): string {
  return `
daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 20000;
error_log stderr error;
pid /dev/null;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 75s;
  tcp_nodelay on;
${http}
}
`;
}

export function envoyBootstrap(lanes: readonly Lane[]): Bootstrap {
  return { static_resources: { listeners: lanes.map(envoyListener), clusters: lanes.map(envoyCluster) } };
}

const HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

const TCP = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

function envoyListener(lane: Lane): Bootstrap {
  const { name, port } = lane;
  const filter = LANES[name] === "http" ? envoyHttp(lane) : envoyTcp(lane);
  return { name, address: socketAddress(port), filter_chains: [{ filters: [filter] }] };
}

function envoyTcp({ name }: Lane): Bootstrap {
  const typed_config = { "@type": TCP, stat_prefix: name, cluster: name, idle_timeout: "3600s", max_connect_attempts: 2 };
  return { name: "tcp", typed_config };
}

function envoyHttp({ name }: Lane): Bootstrap {
  const route = { cluster: name, timeout: "15s", retry_policy: { retry_on: "connect-failure,reset-before-request", num_retries: 1 } };
  const typed_config = {
    "@type": HTTP,
    stat_prefix: name,
    use_remote_address: true,
    stream_idle_timeout: "75s",
    request_headers_timeout: "10s",
    upgrade_configs: [{ upgrade_type: "websocket" }],
    route_config: { virtual_hosts: [{ name, domains: [HOST, `${HOST}:*`], routes: [{ match: { prefix: "/" }, route }] }] },
    http_filters: [{ name: "router", typed_config: { "@type": ROUTER } }],
  };
  return { name: "http", typed_config };
}

function envoyCluster({ name, origins }: Lane): Bootstrap {
  const unlimited = { max_connections: 20_000, max_pending_requests: 20_000, max_requests: 20_000 };
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    lb_policy: "LEAST_REQUEST",
    circuit_breakers: { thresholds: [unlimited] },
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: origins.map((port) => ({ endpoint: { address: socketAddress(port) } })) }],
    },
  };
}
