import { type Exchange, type Origin, type Script, startOrigin } from "../../fixtures/origin.ts";
import { Told } from "../told.ts";

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

export async function startEventSite(port: number): Promise<EventSite> {
  const streams: Exchange[] = [];
  const told = new Told();

  const script: Script = async (exchange) => {
    const { target } = exchange.request;
    const [, what] = /^\/told\/(.*)$/.exec(target) ?? [];
    if (what !== undefined) {
      await exchange.respond(204, {});
      told.tell(decodeURIComponent(what));
    } else if (target === "/events") {
      await exchange.send(head);
      streams.push(exchange);
      told.happened();
    } else if (target === "/") await exchange.respond(200, { "Content-Type": "text/html" }, page);
    else await exchange.respond(404, {});
  };
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

  const origin: Origin = await startOrigin(script, port);
  return {
    url: origin.url,
    streams,
    told: told.all,
    async untilTold(what) {
      await told.until(`"${what}"`, () => (told.all.includes(what) ? true : undefined));
    },
    untilStream: (number) => told.until(`stream ${number}`, () => streams[number - 1]),
    stop: () => origin.stop(),
  };
}
