#!/usr/bin/env node
import { Unprepared } from "./prepare/run.mjs";
// Makes a checkout ready to run: packages installed, sources built and, with --servers, the real servers of the
// end-to-end ring. With --zookeeper it makes sure of that server and does nothing else; with --go-control-plane it builds the
// bench's peer and says in a line of JSON where it is, or why not; with --proxies it makes sure of the proxy bench's. Runs in an empty clone, so it uses Node's own modules only.
// Says nothing when there is nothing to do.
import { prepareGoControlPlane, prepareProxies, prepareServers, prepareZooKeeper } from "./prepare/servers.mjs";
import { buildWorkspaces, installPackages } from "./prepare/workspace.mjs";

try {
  if (process.argv.includes("--zookeeper")) {
    await prepareZooKeeper();
  } else if (process.argv.includes("--go-control-plane")) {
    console.log(JSON.stringify(await prepareGoControlPlane()));
  } else if (process.argv.includes("--proxies")) {
    await prepareProxies();
  } else {
    await installPackages();
    await buildWorkspaces();
    if (process.argv.includes("--servers")) await prepareServers();
  }
} catch (error) {
  if (!(error instanceof Unprepared)) throw error;
  console.error(`\nprepare: ${error.message}`);
  process.exitCode = 1;
}
