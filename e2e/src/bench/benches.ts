import { balance } from "./balance/balance.js";
import type { Bench } from "./bench.js";
import { checks } from "./checks/checks.js";
import { dns } from "./dns/dns.js";
import { evict } from "./evict/evict.js";
import { fanout } from "./fanout/fanout.js";
import { fuzz } from "./fuzz/fuzz.js";
import { harnessFloor } from "./harness-floor.js";
import { http1Corpus } from "./http1-corpus/http1-corpus.js";
import { memory } from "./memory/memory.js";
import { passive } from "./passive/passive.js";
import { proxy } from "./proxy/proxy.js";
import { snapshot } from "./snapshot/snapshot.js";
import { soak } from "./soak/soak.js";
import { storm } from "./storm/storm.js";
import { wipe } from "./wipe/wipe.js";
import { znodeToRequest } from "./znode-to-request.js";
import { znodes } from "./znodes.js";

/** Every bench of the project. `npm run bench` lists them in this order. */
export const benches: readonly Bench[] = [
  harnessFloor,
  fanout,
  snapshot,
  storm,
  znodeToRequest,
  znodes,
  dns,
  wipe,
  evict,
  checks,
  passive,
  balance,
  memory,
  proxy,
  http1Corpus,
  fuzz,
  soak,
];
