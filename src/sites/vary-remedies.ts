/** What could be done where a server names a field of the request in Vary, and each value of it gets a copy of its own. */
export interface VaryRemedy {
  /** For who can change the server. */
  readonly atOrigin: { readonly text: string; readonly copy: string | null };
  /** For who cannot: a sentence that leads to a rule, and what the rule says. Null where none would do. */
  readonly byRule: { readonly text: string; readonly settings: readonly string[] } | null;
}

const leftOut = "Vary: Accept-Encoding";

/** `name` is the field's, in lower case. */
export function varyRemedy(name: string): VaryRemedy {
  const known = remedies.get(name);
  if (known !== undefined) return known;
  const written = writtenName(name);
  return {
    atOrigin: {
      text: `"Vary: ${written}" gives each value of it a copy of its own. If they get the same, have the server leave it out, for example:`,
      copy: leftOut,
    },
    byRule: {
      text: `Or do not tell the server of ${written}: then all get what it has for who sends none. Add a rule to the file`,
      settings: [`remove-request = ["${name}"]`],
    },
  };
}

/** "user-agent" as it is mostly written: "User-Agent". */
export function writtenName(name: string): string {
  return name.replaceAll(/(^|-)[a-z]/g, (first) => first.toUpperCase());
}

const remedies: ReadonlyMap<string, VaryRemedy> = new Map<string, VaryRemedy>([
  [
    "cookie",
    {
      atOrigin: {
        text: '"Vary: Cookie" gives every visitor a copy of his own. If the page is the same for everybody, have the server leave Cookie out of it, for example:',
        copy: leftOut,
      },
      byRule: {
        text: "Or keep cookies away from this page: the server is sent none, so nobody is logged in or has a cart there. Add a rule to the file",
        settings: ['cookies = "ignore"'],
      },
    },
  ],
  [
    "user-agent",
    {
      atOrigin: {
        text: '"Vary: User-Agent" gives every version of every browser a copy of its own. If they get the same, have the server leave it out, for example:',
        copy: leftOut,
      },
      byRule: {
        text: "Or do not tell the server which browser asks: then all get the page that it has for an unknown one. Add a rule to the file",
        settings: ['remove-request = ["user-agent"]'],
      },
    },
  ],
  [
    "accept-encoding",
    {
      atOrigin: {
        text: '"Vary: Accept-Encoding" gives each list of codings that clients send a copy of its own. If the server compresses nothing here, have it leave that out of Vary.',
        copy: null,
      },
      byRule: {
        text: "Or have what clients send become what servers differ by, so that browsers share copies. Add a rule to the file",
        settings: ["fold-encodings = true"],
      },
    },
  ],
  [
    "accept-language",
    {
      atOrigin: {
        text: '"Vary: Accept-Language" gives each list of languages that browsers send a copy of its own. If the page is in one language, or has a URL for each, have the server leave it out, for example:',
        copy: leftOut,
      },
      byRule: {
        text: "Or do not tell the server which languages are preferred: then all get its usual one. Add a rule to the file",
        settings: ['remove-request = ["accept-language"]'],
      },
    },
  ],
  [
    "origin",
    {
      atOrigin: {
        text: '"Vary: Origin" gives each site that uses this a copy of its own. If every site may, have the server say so to all, and leave Origin out of Vary:',
        copy: "Access-Control-Allow-Origin: *",
      },
      byRule: {
        text: "Or, if every site may use it and nobody is logged in here, say so in its place. Add a rule to the file",
        settings: ['remove-request = ["origin"]', 'set-response = { access-control-allow-origin = "*" }'],
      },
    },
  ],
  [
    "authorization",
    {
      atOrigin: {
        text: '"Vary: Authorization" gives everybody who logs in a copy of his own, which others cannot use. Unless the same clients come again and again, have the server say that it is not to be shared:',
        copy: "Cache-Control: private",
      },
      byRule: null,
    },
  ],
]);
