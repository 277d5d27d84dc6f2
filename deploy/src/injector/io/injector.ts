import {
  type Clock,
  type Closable,
  closeAll,
  type Environment,
  fail,
  formatProblems,
  type Log,
  ok,
  type Result,
  type StartFailure,
  sameContent,
} from "@fairlead/shared";
import { type FileContents, readFiles, watchFiles } from "@fairlead/shared/io";
import type { InjectorSettings } from "../read-settings.js";
import { settingsIn } from "./load-settings.js";
import { type KeyPair, startWebhookServer, type WebhookServer } from "./webhook-server.js";

export interface InjectorDeps {
  readonly file: string;
  /** What was read of the file. */
  readonly contents: FileContents;
  readonly settings: InjectorSettings;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Injector extends Closable {
  readonly port: number;
}

/** Serves the webhook and follows the configuration, the certificate and its key as their files change. */
export async function startInjector(deps: InjectorDeps): Promise<Result<Injector, StartFailure>> {
  const { settings, clock, log } = deps;
  const { cert, key } = settings.tls;
  const files = await readFiles([cert, key]);
  const pair = pairIn(files, settings.tls);
  if (!pair.ok) return pair;
  let current = settings;
  const started = await startWebhookServer({ listen: settings.listen, pair: pair.value, options: () => current.options, log });
  if (!started.ok) return fail({ path: started.error.startsWith("no usable") ? ["tls"] : ["listen"], reason: started.error });
  const server = started.value;
  const followKeys = watchFiles({ paths: [cert, key], known: files, clock, log, changed: (now) => renew(server, now, deps) });
  const followConfig = watchFiles({
    paths: [deps.file],
    known: deps.contents,
    clock,
    log,
    changed: (now) => {
      current = reloaded(current, now, deps);
    },
  });
  return ok({ port: server.port, close: () => closeAll([server, followKeys, followConfig]) });
}

function pairIn(files: FileContents, tls: InjectorSettings["tls"]): Result<KeyPair, StartFailure> {
  const [cert, key] = [files.get(tls.cert), files.get(tls.key)];
  if (cert?.ok !== true) return fail({ path: ["tls", "cert"], reason: cert?.error ?? "cannot be read" });
  if (key?.ok !== true) return fail({ path: ["tls", "key"], reason: key?.error ?? "cannot be read" });
  return ok({ cert: cert.value, key: key.value });
}

function renew(server: WebhookServer, files: FileContents, { settings, log }: InjectorDeps): void {
  const pair = pairIn(files, settings.tls);
  const renewed = pair.ok ? server.renew(pair.value) : fail(`${pair.error.path.join(".")} ${pair.error.reason}`);
  if (renewed.ok) log.info("certificate-renewed");
  else log.warn("certificate-not-renewed", { reason: renewed.error, effect: "the old one stays in use" });
}

/** The settings in force from now on: a wrong file leaves them as they are. */
function reloaded(current: InjectorSettings, files: FileContents, { file, environment, log }: InjectorDeps): InjectorSettings {
  const read = settingsIn(files, file, environment);
  if (!read.ok) {
    log.error("config-refused", { problems: formatProblems(read.error).split("\n"), effect: "the old one stays in force" });
    return current;
  }
  const { listen, tls, options } = read.value.settings;
  if (!sameContent({ listen, tls }, { listen: current.listen, tls: current.tls })) {
    log.warn("restart-needed", { keys: ["listen", "tls"], effect: "takes effect on restart" });
  }
  log.info("config-reloaded");
  return { ...current, options };
}
