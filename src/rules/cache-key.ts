/**
 * The primary cache key (RFC 9111 §2). GET and HEAD share it. `host` is the Host field where the origin is asked by
 * the client's host (`--preserve-host`), else null; `target` is path and query, without a fragment. A space, which
 * neither may hold, separates them: no target can be mistaken for one of another host.
 */
export function primaryKey(parts: { readonly host: string | null; readonly target: string }): string {
  return parts.host === null ? parts.target : `${parts.host.toLowerCase()} ${parts.target}`;
}
