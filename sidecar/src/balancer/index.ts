export { BalancerMemory } from "./balancer-memory.js";
export { hashText } from "./hash.js";
export { type CandidateGroup, newPicker, type PickerSpec } from "./new-picker.js";
export type { Ejection, FailureCode, Lease, Outcome, Pick, PickContext, Picker } from "./picker.js";
export type { ReportedLoad } from "./reported-load.js";
export { seatToken } from "./seat-token.js";
