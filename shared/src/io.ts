export { diskStore } from "./io/disk-store.js";
export { pinoLog } from "./io/pino-log.js";
export { runProgram } from "./io/program.js";
export { type FileContents, readFiles } from "./io/read-files.js";
export { systemClock } from "./io/system-clock.js";
export { systemRng, systemUuid } from "./io/system-rng.js";
export { type WatchedFiles, watchFiles } from "./io/watch-files.js";
