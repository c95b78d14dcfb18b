const takersAtOnce = 32;

export interface Taken {
  readonly status: number;
  /** Bytes of the body. */
  readonly size: number;
}

/** One request from this process, whatever the certificate. */
export async function take(url: string, fields: Readonly<Record<string, string>> = {}): Promise<Taken> {
  const response = await fetch(url, {
    headers: { ...fields, "User-Agent": "bench" },
    tls: { rejectUnauthorized: false },
    decompress: false,
  });
  return { status: response.status, size: (await response.arrayBuffer()).byteLength };
}

/** Asks once for each, several at a time. Throws at an answer that is not 200. */
export async function takeAll(
  urls: Iterable<string>,
  fields: Readonly<Record<string, string>> = {},
): Promise<void> {
  const waiting = Iterator.from(urls);
  const takers = Array.from({ length: takersAtOnce }, async () => {
    for (const url of waiting) {
      const { status } = await take(url, fields);
      if (status !== 200) throw new Error(`${url} was answered with ${status}`);
    }
  });
  await Promise.all(takers);
}
