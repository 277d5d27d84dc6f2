import { type CorpusCase, type Wanted, wantedOf } from "../../conformance/corpus.js";
import type { Verdict } from "../../conformance/verdict.js";

/** What became of every case, at each contestant. */
export interface Judged {
  readonly each: CorpusCase;
  readonly verdicts: readonly Verdict[];
}

export interface Tally {
  readonly refused: number;
  readonly safe: number;
  readonly unsafe: number;
  /** Otherwise than wanted: what must be refused and went on, what is good and did not, and everything unsafe. */
  readonly wrong: number;
}

const CLASSES: Readonly<Record<string, string>> = {
  clte: "both framings",
  cl: "Content-Length",
  te: "Transfer-Encoding",
  ck: "chunks",
  rl: "request line",
  host: "Host",
  h: "header fields",
  c: "pipelines, connections",
  up: "upgrades",
  old: "HTTP/1.0",
  w: "cut off",
  r: "answers",
};

const WANTED: Readonly<Record<Wanted, string>> = { refuse: "refuse", either: "either", accept: "accept" };
const SHOWN_CHARS = 110;

export function tally(judged: readonly Judged[], contestant: number): Tally {
  const count = (counts: (wanted: Wanted, kind: Verdict["kind"]) => boolean) =>
    judged.filter(({ each, verdicts }) => counts(wantedOf(each), verdicts[contestant]?.kind ?? "unsafe")).length;
  return {
    refused: count((_, kind) => kind === "refused"),
    safe: count((_, kind) => kind === "safe"),
    unsafe: count((_, kind) => kind === "unsafe"),
    wrong: count((wanted, kind) => kind === "unsafe" || (wanted !== "either" && (wanted === "refuse") !== (kind === "refused"))),
  };
}

export function conformanceDocument(names: readonly string[], judged: readonly Judged[]): string {
  const total = names.map((_, contestant) => tally(judged, contestant));
  const totals = names.map((name, index) => {
    const { refused, safe, unsafe, wrong } = total[index] ?? { refused: 0, safe: 0, unsafe: 0, wrong: 0 };
    return `| ${name} | ${refused} | ${safe} | ${unsafe} | ${wrong} |`;
  });
  return [
    "# HTTP/1.1, message by message",
    "",
    "Written by `npm run bench -- http1-corpus`: every message of `fixtures/` over real sockets through the built sidecar and through",
    "the HAProxy and nginx that Debian ships, each as it is installed. A request is judged by what reached the origin, an answer by what",
    "reached the caller, both read by a strict reader apart from the sidecar's parser (`shared/src/testing/strict-http1.ts`).",
    "",
    "- *refused*: nothing whole went on (an error, a close, or a message that visibly breaks off).",
    "- *safe*: what went on reads as what the sender meant; where the sender's octets are no HTTP, as one well-formed message.",
    "- *UNSAFE*: what went on is malformed, holds a second message, or means something else than the sender's octets.",
    "- *not as wanted*: a message that must be refused and went on, a good one that did not, and everything unsafe.",
    "",
    `| ${judged.length} messages | refused | safe | UNSAFE | not as wanted |`,
    "| --- | --- | --- | --- | --- |",
    ...totals,
    "",
    "## By class",
    "",
    "Each cell: refused / safe / UNSAFE.",
    "",
    `| class | to do | messages | ${names.join(" | ")} |`,
    `| --- | --- | --- | ${names.map(() => "---").join(" | ")} |`,
    ...classRows(names, judged),
    "",
    "## Where they differ",
    "",
    `| message | to do | ${names.join(" | ")} | octets |`,
    `| --- | --- | ${names.map(() => "---").join(" | ")} | --- |`,
    ...judged.filter(differ).map(differenceRow),
    "",
  ].join("\n");
}

function classRows(names: readonly string[], judged: readonly Judged[]): readonly string[] {
  return Object.entries(CLASSES).flatMap(([prefix, title]) =>
    (["refuse", "either", "accept"] as const).flatMap((wanted) => {
      const those = judged.filter(({ each }) => each.id.startsWith(`${prefix}.`) && wantedOf(each) === wanted);
      if (those.length === 0) return [];
      const cells = names.map((_, contestant) => {
        const { refused, safe, unsafe } = tally(those, contestant);
        return `${refused} / ${safe} / ${unsafe === 0 ? "0" : `**${unsafe}**`}`;
      });
      return [`| ${title} | ${WANTED[wanted]} | ${those.length} | ${cells.join(" | ")} |`];
    }),
  );
}

function differ({ verdicts }: Judged): boolean {
  return new Set(verdicts.map(({ kind }) => kind)).size > 1;
}

function differenceRow({ each, verdicts }: Judged): string {
  const cells = verdicts.map(({ kind, why }) => {
    if (kind === "unsafe") return `**UNSAFE** ${plain(why, 60)}`;
    return why === "" ? kind : `${kind} (${plain(why, 40)})`;
  });
  return `| \`${each.id}\` | ${WANTED[wantedOf(each)]} | ${cells.join(" | ")} | <code>${plain(JSON.stringify(each.raw).slice(1, -1), SHOWN_CHARS)}</code> |`;
}

/** As text of a table cell. */
function plain(text: string, most: number): string {
  const short = text.length > most ? `${text.slice(0, most)}…` : text;
  return short.replace(/[^\x20-\x7e…]|[&<>|*_`\\[\]]/g, (character) => `&#${character.codePointAt(0)};`);
}
