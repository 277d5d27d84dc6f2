import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { answers, requests } from "../../conformance/corpus.js";
import { answerThrough, requestThrough, throughLanes } from "../../conformance/through.js";
import { judgeAnswer, judgeRequest, type Verdict } from "../../conformance/verdict.js";
import { repositoryTop } from "../../harness/paths.js";
import type { Bench, Figures } from "../bench.js";
import { makeSureOfProxies } from "../proxy/proxy.js";
import { conformanceDocument, type Judged, tally } from "./conformance-table.js";
import { type Contestant, contestants } from "./contestants.js";

const LANES = 8;
const DOCUMENT = "sidecar/src/forward/HTTP1-CONFORMANCE.md";

/** Every message of the corpus through ours, HAProxy and nginx; writes the table that is checked in. */
export const http1Corpus: Bench = {
  name: "http1-corpus",
  measures: `679 good and malformed messages through the sidecar, HAProxy and nginx; writes ${DOCUMENT}`,
  run: async () => {
    makeSureOfProxies();
    const all = await contestants(LANES);
    const asked = requests();
    const answered = answers();
    const verdicts = await Promise.all(all.map((contestant) => judge(contestant)));
    const judged: Judged[] = [...asked, ...answered].map((each, index) => ({
      each,
      verdicts: verdicts.map((those): Verdict => those[index] ?? { kind: "unsafe", why: "not run" }),
    }));
    const names = all.map(({ name }) => name);
    const text = conformanceDocument(names, judged);
    console.log(text);
    writeFileSync(join(repositoryTop, DOCUMENT), text);
    const tallies = names.map((name, index): [string, Figures] => [name, { ...tally(judged, index) }]);
    return { messages: judged.length, ...Object.fromEntries(tallies) };
  },
};

async function judge({ lanes, patienceMs }: Contestant): Promise<readonly Verdict[]> {
  const requestVerdicts = await throughLanes(lanes, requests(), async (lane, each) =>
    judgeRequest(each, await requestThrough(lane, each, patienceMs)),
  );
  const answerVerdicts = await throughLanes(lanes, answers(), async (lane, each) =>
    judgeAnswer(each, await answerThrough(lane, each, patienceMs)),
  );
  return [...requestVerdicts, ...answerVerdicts];
}
