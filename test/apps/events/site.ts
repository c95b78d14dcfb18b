import { type Exchange, type Origin, type Script, startOrigin } from "../../fixtures/origin.ts";

/** An origin with a page that listens to events, and what the page tells of them. */
export interface EventSite {
  readonly url: string;
  /** The requests for events, the first to come first. */
  readonly streams: readonly Exchange[];
  /** What the page has told so far: "message 41 first". */
  readonly told: readonly string[];
  /** Resolves when the page has told this. */
  untilTold(what: string): Promise<void>;
  /** Resolves when there have been so many requests for events. */
  untilStream(number: number): Promise<Exchange>;
  stop(): Promise<void>;
}

const page = `<!doctype html><title>events</title><script>
  const tell = (what) => fetch("/told/" + encodeURIComponent(what), { method: "POST", keepalive: true });
  const source = new EventSource("/events");
  source.onopen = () => tell("open");
  source.onmessage = ({ lastEventId, data }) => tell("message " + lastEventId + " " + data);
  source.onerror = () => tell(source.readyState === EventSource.CONNECTING ? "comes back" : "has given up");
</script>`;

/** Nobody waits longer for a browser to do something. */
const PATIENCE_MILLISECONDS = 30_000;

export async function startEventSite(port: number): Promise<EventSite> {
  const streams: Exchange[] = [];
  const told: string[] = [];
  let changed = Promise.withResolvers<void>();

  const script: Script = async (exchange) => {
    const { target } = exchange.request;
    const [, what] = /^\/told\/(.*)$/.exec(target) ?? [];
    if (what !== undefined) {
      await exchange.respond(204, {});
      told.push(decodeURIComponent(what));
    } else if (target === "/events") {
      await exchange.send(head);
      streams.push(exchange);
    } else if (target === "/") await exchange.respond(200, { "Content-Type": "text/html" }, page);
    else await exchange.respond(404, {});
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

  async function until<Result>(what: string, find: () => Result | undefined): Promise<Result> {
    const late = Bun.sleep(PATIENCE_MILLISECONDS).then(() => "late" as const);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if ((await Promise.race([changed.promise, late])) === "late")
        throw new Error(`${what} has not come; the page has told: ${told.join(", ") || "nothing"}`);
    }
  }

  const origin: Origin = await startOrigin(script, port);
  return {
    url: origin.url,
    streams,
    told,
    async untilTold(what) {
      await until(`"${what}"`, () => (told.includes(what) ? true : undefined));
    },
    untilStream: (number) => until(`stream ${number}`, () => streams[number - 1]),
    stop: () => origin.stop(),
  };
}
