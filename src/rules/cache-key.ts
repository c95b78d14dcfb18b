export function primaryKey(parts: { readonly host: string | null; readonly target: string }): string {
  return parts.host === null ? parts.target : `//${parts.host.toLowerCase()}${parts.target}`;
}
