import type { RecordedRequest } from "../../src/control/requests.ts";

/** A miss, as a worker tells of it. */
export const recorded: RecordedRequest = {
  id: "1-1",
  at: 1_000,
  site: "shop",
  cache: "MISS",
  reason: "stored-explicit",
  forwarded: "miss",
  status: 200,
  method: "GET",
  protocol: "http",
  host: "shop.example",
  target: "/",
  isCut: false,
  bytes: 5,
  milliseconds: 12,
  firstByteMilliseconds: 10,
  client: "192.0.2.7",
};
