export { type FileSourceDeps, fileSource, type ListFile, type ServiceLists } from "./file-source.js";
