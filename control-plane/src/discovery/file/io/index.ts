export { listFileOnDisk } from "./list-file-on-disk.js";
