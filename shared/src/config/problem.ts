import { type ConfigPath, formatPath, formatPlace, type Place } from "./place.js";

/** One thing wrong with a configuration: where it is written, which key it is about, what was expected. */
export interface ConfigProblem {
  readonly place: Place;
  readonly path: ConfigPath;
  readonly message: string;
}

/** More would push the first, which usually explains the rest, off the screen. */
export const MAX_LISTED_PROBLEMS = 20;

/** `control-plane.yaml:12:5: services.shop.check.interval: expected a duration such as 500ms, 5s or 2m, got "5"`. */
export function formatProblem({ place, path, message }: ConfigProblem): string {
  return [formatPlace(place), formatPath(path), message].filter((part) => part !== "").join(": ");
}

/** One line per problem, at most 20 of them, then `and N more`. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.slice(0, MAX_LISTED_PROBLEMS).map(formatProblem);
  if (problems.length > MAX_LISTED_PROBLEMS) lines.push(`and ${problems.length - MAX_LISTED_PROBLEMS} more`);
  return lines.join("\n");
}

/** Which setting a start could not have (a port in use), and why. */
export interface StartFailure {
  readonly path: ConfigPath;
  readonly reason: string;
}
