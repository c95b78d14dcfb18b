/**
 * The primary cache key (RFC 9111 §2): path and query without a fragment, a space, and the host in lower case ("" where
 * the client named none). GET and HEAD share it. Neither part can hold a space, so no target is mistaken for one of
 * another host; and as the target comes first, `/a ` begins the keys of /a of every host, and of no other target.
 */
export function primaryKey({ host, target }: { readonly host: string; readonly target: string }): string {
  return `${target} ${host}`;
}

/** Which keys are of a target, of one host or, where it is null, of every one. */
export function keysOf({ host, target }: { readonly host: string | null; readonly target: string }) {
  return host === null
    ? ({ by: "target", target } as const)
    : ({ by: "key", primaryKey: primaryKey({ host, target }) } as const);
}

/** What of the key is the target. */
export function targetOfKey(key: string): string {
  const end = key.indexOf(" ");
  return end === -1 ? key : key.slice(0, end);
}

/** What of the key is the host. */
export function hostOfKey(key: string): string {
  return key.slice(key.indexOf(" ") + 1);
}

/** Whether the key is of that host; null stands for every host. */
export function isKeyOfHost(key: string, host: string | null): boolean {
  return host === null || key.endsWith(` ${host}`);
}
