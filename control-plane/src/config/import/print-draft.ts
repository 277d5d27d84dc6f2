// A draft as the YAML a person goes on with: every service says where it comes from and what of it is missing.

import { durationText } from "@fairlead/shared";
import type { Draft, DraftCheck, DraftService } from "./draft.js";
import { excerpt, formatFinding, oneLine } from "./imported.js";

/** The configuration as text. Equal drafts give equal texts. */
export function printDraft(draft: Draft, file: string): string {
  const general = draft.findings.map((finding) => comment(formatFinding(finding)));
  const head = [
    comment(`Converted from ${excerpt(file)} by fairlead-control-plane import. Check id, stateDir and what is said below.`),
    ...(general.length === 0 ? [] : ["#", comment("Not carried as it was:"), ...general]),
  ];
  const fixed = ["id: cp-1", "stateDir: /var/lib/fairlead/control-plane"];
  return `${[...head, "", ...fixed, "", ...sourceLines(draft), ...serviceLines(draft)].join("\n")}\n`;
}

function comment(text: string): string {
  return `# ${oneLine(text)}`;
}

function sourceLines(draft: Draft): readonly string[] {
  const sources = [...zooKeeperLines(draft), ...dnsLines(draft), ...staticLines(draft)];
  return sources.length === 0 ? [comment("No source could be carried; add one."), "sources: []", ""] : ["sources:", ...sources, ""];
}

function zooKeeperLines({ paths }: Draft): readonly string[] {
  return [...paths].flatMap(([servers, list], index) => [
    `  - name: ${numbered("zookeeper", index)}`,
    "    type: zookeeper",
    `    servers: ${flow(servers.split(","))}`,
    "    paths:",
    ...list.map(({ place, path, service, ...entry }) => `      - ${flow({ path, service, ...entry })} ${comment(place)}`),
  ]);
}

function dnsLines({ names }: Draft): readonly string[] {
  return [...names].flatMap(([resolvers, list], index) => [
    `  - name: ${numbered("dns", index)}`,
    "    type: dns",
    ...(resolvers === "" ? ["    # asks the nameservers of /etc/resolv.conf"] : [`    resolvers: ${flow(resolvers.split(","))}`]),
    "    names:",
    ...list.map(({ place, ...entry }) => {
      return `      - ${flow(entry)} ${comment(place)}`;
    }),
  ]);
}

function staticLines({ endpoints }: Draft): readonly string[] {
  if (endpoints.size === 0) return [];
  const lists = [...endpoints].flatMap(([service, list]) => [
    `      ${quoted(service)}:`,
    ...[...list.values()].map(({ address, weight, place }) => {
      const entry = { address, ...(weight === undefined ? {} : { weight }) };
      return `        - ${flow(entry)} ${comment(place)}`;
    }),
  ]);
  return ["  - name: static", "    type: static", "    services:", ...lists];
}

function serviceLines({ services }: Draft): readonly string[] {
  if (services.size === 0) return [comment("No service could be carried."), "services: {}"];
  return ["services:", ...[...services.values()].flatMap(oneService)];
}

function oneService({ name, place, localPort, protocol, lb, timeoutMs, safety, check, attempts }: DraftService): readonly string[] {
  const settings = {
    ...(localPort === undefined ? {} : { localPort }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(lb === undefined ? {} : { lb }),
    ...(timeoutMs === undefined ? {} : { timeout: durationText(timeoutMs) }),
    ...(safety === undefined ? {} : { safety }),
    ...(check === undefined ? {} : { check: checkTree(check) }),
    ...(attempts === undefined ? {} : { retries: { attempts } }),
  };
  const lines = Object.entries(settings).map(([key, value]) => `    ${key}: ${flow(value)}`);
  return [`  ${quoted(name)}: ${lines.length === 0 ? "{} " : ""}${comment(place)}`, ...lines];
}

function checkTree(check: DraftCheck): unknown {
  if (check.type === "none") return "none";
  const { type, intervalMs, fastIntervalMs, timeoutMs, rise, fall, path, host, status } = check;
  const durations = Object.entries({ interval: intervalMs, fastInterval: fastIntervalMs, timeout: timeoutMs });
  const written = durations.flatMap(([key, ms]) => (ms === undefined ? [] : [[key, durationText(ms)] as const]));
  const others = Object.entries({ rise, fall, path, host, status }).filter(([, value]) => value !== undefined);
  return { type, ...Object.fromEntries(written), ...Object.fromEntries(others) };
}

function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index + 1}`;
}

/** A value in YAML's flow style. Texts are quoted as in JSON, which YAML 1.2 reads as the same text. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return typeof value === "string" ? quoted(value) : String(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key}: ${flow(item)}`)
    .join(", ")} }`;
}

/** Words that YAML could read as nothing else need no quotes. */
function quoted(text: string): string {
  const plain = /^[A-Za-z][A-Za-z0-9_.-]*$|^\d+(ms|s|m|h)$/.test(text) && !NOT_TEXT.has(text.toLowerCase());
  return plain ? text : JSON.stringify(text);
}

const NOT_TEXT = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n"]);
