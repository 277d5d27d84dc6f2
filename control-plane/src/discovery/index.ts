export type { Completeness, Endpoint, ListingState, Quarantined, Reading, ServiceReading, Source, SourceDetail } from "./source.js";
