/** From the DNS responder: that it listens, or what it counted since the last report. */
export interface ResponderReport {
  readonly begun: boolean;
  readonly questions: number;
  /** Names that were asked again only after the answer before had run out. */
  readonly lateNames: number;
}
