import type { Serving } from "../../control/serving.ts";
import { hostOf } from "../../config/written.ts";
import type { FieldList } from "../../rules/fields.ts";
import { compileNetworks } from "../../rules/networks.ts";

type Scheme = "http" | "https";
type Listen = Serving["listen"][number];

/** Where the proxy is reached from this machine by requests of one scheme. */
export interface Door {
  /** "http://127.0.0.1:8888"; before a socket of the file system a name that means nothing. */
  readonly origin: string;
  readonly unix: string | undefined;
  /** What is told of the client where the scheme is another than that of the listener. */
  readonly fields: FieldList;
  /** The scheme by which the proxy sees the request, and stores the response. */
  readonly scheme: Scheme;
}

/**
 * The door for requests of a scheme: a listener that speaks it, or one that believes this machine what the scheme is. Where
 * nobody at all is believed, and nothing listens for https, visitors have no https either: such requests are of http then.
 * Undefined where there is none by which a response would be stored as visitors ask for it.
 */
export function doorFor(
  scheme: Scheme,
  { listen, trust }: Pick<Serving, "listen" | "trust">,
): Door | undefined {
  const own = listen.find((each) => schemeOf(each) === scheme);
  if (own !== undefined) return { ...reached(own), fields: [], scheme };
  const isTrusted = compileNetworks(trust);
  const believing = listen.find((each) => isTrusted(addressOf(each)));
  if (believing !== undefined)
    return { ...reached(believing), fields: toldFields(scheme, addressOf(believing)), scheme };
  const [only] = listen;
  if (scheme === "http" || trust.length > 0 || only === undefined) return undefined;
  return { ...reached(only), fields: [], scheme: "http" };
}

/** As a terminator of TLS on this machine would tell it. */
function toldFields(scheme: Scheme, address: string): FieldList {
  return [
    ["x-forwarded-for", address],
    ["x-forwarded-proto", scheme],
  ];
}

function schemeOf(listen: Listen): Scheme {
  return listen.kind === "unix" ? "http" : listen.scheme;
}

/** From where the proxy sees this machine come when it is reached there. */
function addressOf(listen: Listen): string {
  if (listen.kind === "unix" || listen.host === "0.0.0.0" || listen.host === "localhost") return "127.0.0.1";
  return listen.host === "::" ? "::1" : listen.host;
}

function reached(listen: Listen): Pick<Door, "origin" | "unix"> {
  if (listen.kind === "unix") return { origin: "http://localhost", unix: listen.path };
  const host = listen.host === "localhost" ? "localhost" : addressOf(listen);
  const written = host.includes(":") && hostOf(host) !== undefined ? `[${host}]` : host;
  return { origin: `${listen.scheme}://${written}:${listen.port}`, unix: undefined };
}
