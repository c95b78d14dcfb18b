/** The colour in which people see at once what the cache did, in the log and in `cacheproxy top`. */
export function colourOfOutcome(cache: string): "green" | "cyan" | "yellow" | "red" | "magenta" | "blue" {
  switch (cache) {
    case "HIT":
      return "green";
    case "REVALIDATED":
      return "cyan";
    case "STALE":
      return "yellow";
    case "ERROR":
      return "red";
    case "PASS":
      return "magenta";
    default:
      return "blue";
  }
}
