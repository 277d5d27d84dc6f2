export { type Confirmation, type Confirmations, type Lineage, nextLineage, Records } from "./records.js";
