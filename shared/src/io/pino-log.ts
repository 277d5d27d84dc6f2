import { destination, type Logger, pino } from "pino";
import type { Log, LogFields, LogLevel } from "../telemetry/log.js";

/** JSON lines on standard error: standard output belongs to what a command was asked to print. */
export function pinoLog(level: LogLevel, bindings: LogFields = {}): Log {
  const logger = pino(
    { level, base: { ...bindings }, formatters: { level: (label) => ({ level: label }) } },
    destination({ fd: 2, sync: true }),
  );
  return wrap(logger);
}

type PinoLogger = Pick<Logger<never, boolean>, "debug" | "info" | "warn" | "error" | "child">;

function wrap(logger: PinoLogger): Log {
  return {
    debug: (event, fields) => logger.debug({ event, ...fields }),
    info: (event, fields) => logger.info({ event, ...fields }),
    warn: (event, fields) => logger.warn({ event, ...fields }),
    error: (event, fields) => logger.error({ event, ...fields }),
    child: (fields) => wrap(logger.child({ ...fields })),
  };
}
