export { newPicker, type PickerSpec } from "./new-picker.js";
export type { Ejection, FailureCode, Lease, Outcome, Pick, PickContext, Picker } from "./picker.js";
