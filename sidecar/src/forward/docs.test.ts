import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { END_REASONS, meaningOf } from "./end-reasons.js";
import { limitsTable } from "./limits.js";
import { REPLY_REASONS, REPLY_SPECS, type Reason } from "./local-reply.js";

const text = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const titles = Object.fromEntries(REPLY_REASONS.map((reason) => [reason, REPLY_SPECS[reason].title])) as Record<Reason, string>;

test("LIMITS.md has the table of limits as it is", () => {
  expect(text("LIMITS.md")).toContain(limitsTable());
});

test("REASONS.md has every reason why a request ends, and no other", () => {
  const rows = END_REASONS.map((reason) => `| \`${reason}\` | ${meaningOf(reason, titles)} |`);
  expect(text("REASONS.md")).toContain(["| reason | what happened |", "| --- | --- |", ...rows].join("\n"));
});

test("REASONS.md has every answer of ours with its status, whose fault it is and whether a retry is safe", () => {
  const rows = REPLY_REASONS.map((reason) => {
    const { status, fault, retry, closes } = REPLY_SPECS[reason];
    return `| \`${reason}\` | ${status} | ${fault} | ${retry} | ${closes ? "yes" : "no"} |`;
  });
  const head = ["| reason | status | fault of | retry | ends the connection |", "| --- | --- | --- | --- | --- |"];
  expect(text("REASONS.md")).toContain([...head, ...rows].join("\n"));
});
