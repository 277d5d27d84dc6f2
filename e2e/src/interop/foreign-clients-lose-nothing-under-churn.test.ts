import { seeded } from "@fairlead/shared";
import { expect, onTestFailed, test } from "vitest";
import { needs } from "../harness/not-run.js";
import { preparedServers } from "../harness/paths.js";
import { ChurnedMesh } from "./churned-mesh.js";

const SEED = Number(process.env["CHURN_SEED"] ?? 1);
const CHANGES = 200;
/** After so many the control plane is killed; so many happen before it is back. */
const KILLED_AFTER = 90;
const WHILE_AWAY = 4;
/** By then everybody has to be back, so that enough is left to happen on the new streams. */
const ALL_BACK_BY = 120;

test(`${CHANGES} random changes and a killed control plane: unmodified Envoys in every mode, and gRPC clients refuse nothing and lose no request (seed ${SEED})`, async (context) => {
  needs(context, preparedServers().envoy);
  const mesh = await ChurnedMesh.start(seeded(SEED));
  onTestFailed(() => console.error(mesh.history.join("\n")));
  for (let number = 1; number <= CHANGES; number++) {
    if (number === KILLED_AFTER + 1) await mesh.loseControlPlane();
    const isAway = number > KILLED_AFTER && number <= KILLED_AFTER + WHILE_AWAY;
    if (isAway) await mesh.change(true);
    else await mesh.publishedChange();
    if (number === KILLED_AFTER + WHILE_AWAY) await mesh.restartControlPlane();
    if (number === ALL_BACK_BY) await mesh.untilAllConnected();
  }
  mesh.note("the last change is made");
  await mesh.untilSettled();
  await mesh.noteWhatItSaw();
  console.log(mesh.figures());

  expect(mesh.nacks).toEqual([]);
  expect(mesh.failures()).toEqual([]);
  for (const envoy of mesh.envoys) {
    const counts = {
      rejected: await envoy.sum("update_rejected$"),
      waitedInVain: await envoy.sum("init_fetch_timeout$"),
      failed: await envoy.sum("^http\\..*downstream_rq_[45]xx$"),
      ejected: await envoy.sum("outlier_detection.ejections_enforced_total$"),
    };
    expect([envoy.name, counts]).toEqual([envoy.name, { rejected: 0, waitedInVain: 0, failed: 0, ejected: 0 }]);
    expect(await envoy.sum("^http\\..*downstream_rq_2xx$")).toBeGreaterThan(0);
  }
}, 300_000);
