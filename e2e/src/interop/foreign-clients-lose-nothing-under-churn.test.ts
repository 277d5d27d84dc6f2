import { seeded } from "@fairlead/shared";
import { expect, test } from "vitest";
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

test(`${CHANGES} random changes and a killed control plane: unmodified Envoys in every mode, grpc-js-xds and C-core refuse nothing and lose no request (seed ${SEED})`, async (context) => {
  needs(context, preparedServers().envoy);
  const mesh = await ChurnedMesh.start(seeded(SEED));
  const { controlPlane, changes } = mesh;
  try {
    for (let number = 1; number <= CHANGES; number++) {
      if (number === KILLED_AFTER + 1) {
        // One that is retired and not confirmed yet outlives the control plane.
        if (changes.lost.length === 0) mesh.note(`${await changes.lose()}`);
        await mesh.noteWhatItSaw();
        await controlPlane.kill("SIGKILL");
        mesh.note("the control plane is killed");
      }
      const isAway = number > KILLED_AFTER && number <= KILLED_AFTER + WHILE_AWAY;
      if (isAway) await mesh.change(true);
      else await mesh.publishedChange();
      if (number === KILLED_AFTER + WHILE_AWAY) {
        await controlPlane.restart();
        mesh.note("the control plane is back");
      }
      if (number === ALL_BACK_BY) await mesh.untilAllConnected();
    }
    mesh.note("the last change is made");
    await mesh.untilSettled();
    mesh.note("everybody has it");
    await mesh.noteWhatItSaw();
    expect(mesh.nacks).toEqual([]);
    for (const { name, answers } of mesh.callers) expect([name, answers.failures]).toEqual([name, []]);
    for (const envoy of mesh.envoys) {
      const counts = {
        rejected: await envoy.sum("update_rejected$"),
        waitedInVain: await envoy.sum("init_fetch_timeout$"),
        failed: await envoy.sum("^http\\.(?!admin).*downstream_rq_[45]xx$"),
        ejected: await envoy.sum("outlier_detection.ejections_enforced_total$"),
      };
      expect([envoy.name, counts]).toEqual([envoy.name, { rejected: 0, waitedInVain: 0, failed: 0, ejected: 0 }]);
    }
  } finally {
    console.log(mesh.history.join("\n"));
    for (const { name, answers } of mesh.callers) console.log(`${name}: ${answers.count} answers, ${answers.failures.length} failures\n${answers.failures.join("\n")}`);
    console.log(`${mesh.snapshots} snapshots, ${mesh.services.stopped} backends left and were stopped`);
  }
}, 300_000);
