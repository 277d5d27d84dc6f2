// What clients sent, what the sidecar says of it and what backends saw, compared id by id.

import type { Sent } from "./clients.js";

/** A line of the sidecar's access log. */
export interface LogLine {
  readonly requestId: string;
  readonly status?: number;
  readonly reason: string;
}

export interface Books {
  readonly sent: ReadonlyMap<string, Sent>;
  readonly lines: readonly LogLine[];
  /** How often each id arrived at a backend. */
  readonly arrived: ReadonlyMap<string, number>;
}

export interface Totals {
  readonly sent: number;
  readonly answered: number;
  readonly refused: number;
  readonly refusals: Readonly<Record<string, number>>;
  /** Answers that had begun when their endpoint broke off or fell silent: they end in the middle, and the access log says so. */
  readonly cut: number;
  /** Arrived at more than one backend. */
  readonly tried_again: number;
}

/** Of these the sidecar says that nothing was sent, and that any request may be tried again. */
const NOTHING_SENT: ReadonlySet<string> = new Set(["upstream-unreachable", "not-ready", "no-endpoints", "overloaded", "shed"]);
/** One try, and one more where that is safe (`retries.attempts: 1`). */
const MOST_ARRIVALS = { GET: 2, POST: 1 };
/** What the access log says of an answer that ends in the middle: no status can be taken back. */
const CUT: ReadonlySet<string> = new Set(["answer-reset", "answer-timeout"]);
const SHOWN = 20;

export function totalsOf({ sent, lines, arrived }: Books): Totals {
  const refusals: Record<string, number> = {};
  let answered = 0;
  for (const { outcome } of sent.values()) {
    if (outcome?.kind === "answered") answered++;
    if (outcome?.kind === "refused") refusals[outcome.reason] = (refusals[outcome.reason] ?? 0) + 1;
  }
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0);
  const cut = lines.filter(({ reason }) => CUT.has(reason)).length;
  return { sent: sent.size, answered, refused, refusals, cut, tried_again: [...arrived.values()].filter((count) => count > 1).length };
}

/** What does not add up, the first of it. */
export function differences(books: Books): readonly string[] {
  const { sent, lines, arrived } = books;
  const logged = new Map<string, LogLine>();
  const found: string[] = [];
  for (const line of lines) {
    if (logged.has(line.requestId)) found.push(`${line.requestId} has two lines in the access log`);
    if (!sent.has(line.requestId)) found.push(`${line.requestId} is in the access log and was never sent`);
    logged.set(line.requestId, line);
  }
  for (const id of arrived.keys()) if (!sent.has(id)) found.push(`${id} arrived at a backend and was never sent`);
  for (const [id, request] of sent) found.push(...differencesOf(id, request, { line: logged.get(id), arrivals: arrived.get(id) ?? 0 }));
  return found.slice(0, SHOWN);
}

function differencesOf(id: string, { method, outcome }: Sent, there: { line: LogLine | undefined; arrivals: number }): readonly string[] {
  const { line, arrivals } = there;
  const what = `${id} (${method}, ${JSON.stringify(outcome)}, arrived ${arrivals} times, logged ${JSON.stringify(line)})`;
  const found: string[] = [];
  const isCut = line !== undefined && CUT.has(line.reason);
  if (outcome === undefined || (outcome.kind === "broken" && !isCut)) found.push(`${what}: neither answered nor refused`);
  if (isCut && (outcome?.kind !== "broken" || arrivals === 0)) found.push(`${what}: not cut`);
  if (outcome?.kind === "answered" && arrivals === 0) found.push(`${what}: answered by nobody`);
  if (outcome?.kind === "refused" && NOTHING_SENT.has(outcome.reason) && arrivals > 0) found.push(`${what}: was sent`);
  if (arrivals > MOST_ARRIVALS[method]) found.push(`${what}: too often`);
  if (line === undefined) found.push(`${what}: not in the access log`);
  else if (outcome !== undefined && outcome.kind !== "broken" && outcome.status !== line.status) found.push(`${what}: another status`);
  return found;
}
