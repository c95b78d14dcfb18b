/** One name of what /metrics tells, without the "cacheproxy_" before it. */
export interface MetricFamily {
  readonly type: "counter" | "gauge" | "histogram";
  /** One sentence for who has found the name somewhere. */
  readonly help: string;
  /** How what several processes say under the same labels becomes one number. The sum where nothing is said. */
  readonly together?: "sum" | "least";
  /** Of a histogram: 2 to the power of it is its lowest bound. */
  readonly lowest?: number;
}

/**
 * All that is told, by Prometheus' conventions: base units, `_total` for what only grows. Labels never hold a URL or anything
 * else that clients choose, so that the number of series is known from the configuration.
 */
export const metrics = {
  requests_total: {
    type: "counter",
    help: "Answered requests, by the word in X-Cache, the reason in Cache-Status and the class of the status.",
  },
  forwarded_requests_total: {
    type: "counter",
    help: "Requests for which the origin was asked, by why it was.",
  },
  sent_bytes_total: { type: "counter", help: "Bytes of bodies handed to clients." },
  saved_bytes_total: {
    type: "counter",
    help: "Bytes of bodies handed to clients for which the origin sent none: stored, found to be right still, or shared.",
  },
  hit_duration_seconds: {
    type: "histogram",
    lowest: -18,
    help: "What it took to answer a request from memory by the short way; every sixteenth is timed.",
  },
  requests_in_flight: { type: "gauge", help: "Requests whose answers are not complete." },
  connections_open: {
    type: "gauge",
    help: "TCP connections that clients have open, by port; Linux only, and without QUIC and unix sockets.",
  },
  websockets_open: { type: "gauge", help: "WebSockets that are joined to an origin." },
  websockets_total: { type: "counter", help: "WebSockets that were joined to an origin." },
  websocket_bytes_total: { type: "counter", help: "Bytes of WebSocket messages, by who has got them." },
  fills_in_flight: { type: "gauge", help: "Fetches that other requests may join." },
  waiting_clients: { type: "gauge", help: "Requests that wait for the answer to another one." },
  refreshes_total: {
    type: "counter",
    help: "Fetches in the background, for what a client was given stale or in part.",
  },
  origin_answers_total: { type: "counter", help: "Answers of an origin, by the class of the status." },
  origin_failures_total: { type: "counter", help: "Requests to an origin that were not answered, by why." },
  origin_first_byte_seconds: {
    type: "histogram",
    lowest: -11,
    help: "Until the head of an origin's answer was there.",
  },
  origin_received_bytes_total: { type: "counter", help: "Bytes of bodies that an origin has sent." },
  origin_healthy: {
    type: "gauge",
    together: "least",
    help: "1 while every worker trusts the origin, 0 while one leaves it alone for its failures.",
  },
  store_bytes: { type: "gauge", help: "Bytes that stored responses take, bodies on their way in included." },
  store_bytes_limit: { type: "gauge", help: "What store_bytes never exceeds." },
  store_objects: { type: "gauge", help: "Stored responses." },
  store_files: { type: "gauge", help: "Bodies that lie in files of their own." },
  store_files_limit: {
    type: "gauge",
    help: "What store_files never exceeds; absent where there is no bound.",
  },
  store_evictions_total: {
    type: "counter",
    help: "Stored responses that had to go: spent ones first, then for room, for too many files or variants.",
  },
  store_refusals_total: { type: "counter", help: "Responses that could not be stored, by the code of why." },
  store_effects_total: {
    type: "counter",
    help: "Stored responses that requests removed or freshened beside their own answers, by why.",
  },
  purges_total: { type: "counter", help: "Purges, by whichever door." },
  purged_responses_total: { type: "counter", help: "Responses that purges removed or made stale." },
  troubles_total: { type: "counter", help: "What workers had trouble with, by its code." },
  healthy: { type: "gauge", help: "1 while /healthz says that all is well." },
  process_up: { type: "gauge", help: "1 while the process is there and ready." },
  process_restarts_total: {
    type: "counter",
    help: "How often a process died by itself and was started again.",
  },
  event_loop_lag_seconds: {
    type: "histogram",
    lowest: -10,
    help: "How late a timer of the process was, four times a second: what is in its way holds up requests, too.",
  },
  process_resident_memory_bytes: { type: "gauge", help: "Memory of the process." },
  process_cpu_seconds_total: { type: "counter", help: "Processor time that the process has used." },
  process_open_fds: {
    type: "gauge",
    help: "Descriptors in use: connections of clients and to origins, and files.",
  },
  process_max_fds: { type: "gauge", help: "Descriptors that the process may use." },
  log_lines_dropped_total: {
    type: "counter",
    help: "Lines of the request log that nobody has read in time.",
  },
  start_time_seconds: { type: "gauge", help: "When it was started, by the wall clock." },
  build_info: { type: "gauge", help: "1, with what runs in its labels." },
} as const satisfies Record<string, MetricFamily>;

export type MetricName = keyof typeof metrics;
type NameOf<Type extends MetricFamily["type"]> = {
  [Name in MetricName]: (typeof metrics)[Name]["type"] extends Type ? Name : never;
}[MetricName];
export type CounterName = NameOf<"counter">;
export type GaugeName = NameOf<"gauge">;
export type HistogramName = NameOf<"histogram">;

/** All names begin with this one. */
export const metricPrefix = "cacheproxy_";
/** Bounds of a histogram, each twice the one before: those of a native histogram of schema 0. Then there is all that is more. */
export const bucketCount = 18;

/** Upper bounds of the buckets, in seconds. */
export function boundsOf(name: HistogramName): readonly number[] {
  const { lowest } = metrics[name];
  return Array.from({ length: bucketCount }, (_, place) => 2 ** (lowest + place));
}
