export type { Completeness, Endpoint, ListingState, Quarantined, Reading, ServiceReading, Source } from "./source.js";
