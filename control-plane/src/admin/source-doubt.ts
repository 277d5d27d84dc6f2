/** Why a source is not believed about who left, for people. */
export function disturbedBecause(massChange: boolean): string {
  return massChange ? "it lost many endpoints of several services at once" : "it was interrupted and may not have everybody back yet";
}
