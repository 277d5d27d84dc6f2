import { writeFileSync } from "node:fs";

/**
 * A vitest reporter that writes what the JSON report leaves out: errors of hooks and files, and those outside of everything,
 * as a JSON list of { file, message } into the file that RING_ERRORS_FILE names.
 */
export default class ErrorsReporter {
  onTestRunEnd(modules, unhandled) {
    const errors = unhandled.map((error) => ({ file: undefined, message: textOf(error) }));
    for (const module of modules) {
      const own = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors());
      errors.push(...own.map((error) => ({ file: module.moduleId, message: textOf(error) })));
    }
    writeFileSync(process.env.RING_ERRORS_FILE, JSON.stringify(errors));
  }
}

/** The stack begins with the message. */
function textOf({ name, message, stack }) {
  return stack?.includes(message) ? stack : `${name ?? "Error"}: ${message}\n${stack ?? ""}`;
}
