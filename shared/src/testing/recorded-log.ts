import type { Log, LogFields, LogLevel } from "../telemetry/log.js";

export interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that remembers, for tests of what is said and how often. */
export class RecordedLog implements Log {
  readonly lines: LogLine[];
  readonly #bindings: LogFields;

  constructor(bindings: LogFields = {}, lines: LogLine[] = []) {
    this.#bindings = bindings;
    this.lines = lines;
  }

  debug(event: string, fields: LogFields = {}): void {
    this.#push("debug", event, fields);
  }
  info(event: string, fields: LogFields = {}): void {
    this.#push("info", event, fields);
  }
  warn(event: string, fields: LogFields = {}): void {
    this.#push("warn", event, fields);
  }
  error(event: string, fields: LogFields = {}): void {
    this.#push("error", event, fields);
  }
  child(fields: LogFields): Log {
    return new RecordedLog({ ...this.#bindings, ...fields }, this.lines);
  }
  /** How often `event` was said. */
  count(event: string): number {
    return this.lines.filter((line) => line.event === event).length;
  }
  #push(level: LogLevel, event: string, fields: LogFields): void {
    this.lines.push({ level, event, fields: { ...this.#bindings, ...fields } });
  }
}
