import { splitList } from "../list-field.ts";

/**
 * What the origin is offered where the client offers compression (RFC 7692): each message for itself, so that neither side
 * has to remember those before.
 */
export const offer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

const extension = "permessage-deflate";

/** Whether a client offers it, in whatever form. */
export function isOffered(extensions: string | null): boolean {
  return extensions !== null && splitList(extensions).some((each) => parameters(each)[0] === extension);
}

/** Whether an answer agrees to `offer`, and to nothing else. */
export function isAgreed(extensions: string): boolean {
  const [name, ...agreed] = parameters(extensions);
  return (
    name === extension &&
    agreed.includes("server_no_context_takeover") &&
    agreed.every((each) => allowed.test(each))
  );
}

/** What the server says of its own window is no matter: any is read. */
const allowed = /^(server_no_context_takeover|client_no_context_takeover|server_max_window_bits=\d+)$/;

function parameters(text: string): string[] {
  return text.split(";").map((part) => part.replaceAll(/[\s"]/g, "").toLowerCase());
}
