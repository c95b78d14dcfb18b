/**
 * The connections to one origin, and which of them may be used again (RFC 9112 §9.3). Bun's fetch gives a connection back as
 * soon as an answer is complete by its framing. If an origin then sends content all the same, as some do with their answers
 * to HEAD or with a 304, the next request on that connection would get it for its answer.
 */
export interface Pool {
  readonly session: Bun.FetchSession;
  /** Closes the connection of this request after its answer, where the answer may have content that is none. */
  closeAfter(request: { readonly method: string; readonly fields: Headers }): void;
  /** Told of the head of the answer to a request of that method. */
  answered(method: string, answer: Pick<Response, "status" | "headers">): void;
}

/** How the origin is reached, where that is not by its URL alone. */
export interface Way {
  /** The path of a socket on this machine to connect to instead of the origin's address. */
  readonly unixSocket?: string | undefined;
  /** Certificates (PEM) of the authorities to believe instead of those that everybody believes. */
  readonly authorities?: string | undefined;
}

export function createPool({ unixSocket, authorities }: Way): Pool {
  const session = new Bun.FetchSession({
    ...(unixSocket === undefined ? {} : { unix: unixSocket }),
    ...(authorities === undefined ? {} : { tls: { ca: authorities } }),
  });
  /** It announces content for answers that have none, and may send it. */
  let isDoubtful = false;

  return {
    session,
    closeAfter({ method, fields }) {
      const isConditional = fields.has("if-none-match") || fields.has("if-modified-since");
      if (method === "HEAD" || (isDoubtful && isConditional)) fields.set("connection", "close");
    },
    answered(method, { status, headers }) {
      if (method === "HEAD" || (status !== 204 && status !== 304) || !announcesContent(headers)) return;
      isDoubtful = true;
      // The connection of this very answer is idle by now.
      session.close();
    },
  };
}

function announcesContent(fields: Headers): boolean {
  return fields.has("transfer-encoding") || (fields.get("content-length") ?? "0") !== "0";
}
