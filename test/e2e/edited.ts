import { type Origin, startOrigin } from "../fixtures/origin.ts";
import type { Keep } from "./cleanup.ts";

/** Pages with a number that a POST makes one larger and their path, as long as the path says: `/100/a`. */
export async function startEdited(keep: Keep): Promise<Origin> {
  let edition = 1;
  return keep(
    await startOrigin(({ request, respond }) => {
      if (request.method === "POST") {
        edition++;
        return void respond(201, {}, "carried out");
      }
      const size = Number(request.target.split("/")[1]);
      const body = `${edition} ${request.target} `.padEnd(size, ".");
      return void respond(200, { "Cache-Control": "max-age=3600" }, body);
    }),
  );
}
