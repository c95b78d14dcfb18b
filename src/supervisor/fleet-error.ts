/** What the operator must be told: the workers cannot do what was asked. */
export class FleetError extends Error {
  override readonly name = "FleetError";
}
