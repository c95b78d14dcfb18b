/** Visitors of the shop, who come until they are sent away. */
export interface Visitors {
  /** How many have been answered. */
  readonly answered: number;
  leave(): Promise<void>;
}

interface Visit {
  readonly host: string;
  readonly target: string;
  readonly method?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** What is wanted, and how often of a hundred. */
const wishes: readonly (readonly [weight: number, visit: () => Visit])[] = [
  [22, () => ofShop(`/img/${often(60)}.webp`)],
  [20, () => ofShop(`/product/${often(200)}`)],
  [14, () => ofShop(`/static/${often(8)}.css`)],
  [9, () => ofShop("/")],
  [8, () => ofShop(`/list/${often(12)}`)],
  [7, () => ({ host: "journal.example", target: `/journal/${often(40)}` })],
  [5, () => ofShop("/api/stock")],
  [4, () => ofShop("/welcome")],
  [3, () => ofShop(`/product/${often(20)}?utm_source=${["mail", "social", "advert"][often(3) - 1]}`)],
  [3, () => ofShop(`/search?q=${often(30)}`)],
  [2, () => ({ ...ofShop("/account"), fields: { Cookie: `session=${often(50)}` } })],
  [2, () => ({ ...ofShop("/cart"), method: "POST" })],
  [1, () => ofShop(`/old/${often(5)}`)],
];

const browsers = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.3 Safari/605.1.15",
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
];

function ofShop(target: string): Visit {
  return { host: "shop.example", target };
}

/** 1 to `most`, small ones far more often. */
function often(most: number): number {
  return Math.floor(most ** Math.random());
}

/** So many a second on the average, more and fewer in waves. */
export function visit(url: string, perSecond: number): Visitors {
  const stop = new AbortController();
  const state = { answered: 0 };
  const coming = come(url, perSecond, stop.signal, state);
  return {
    get answered() {
      return state.answered;
    },
    async leave() {
      stop.abort();
      await coming;
    },
  };
}

async function come(url: string, perSecond: number, signal: AbortSignal, state: { answered: number }) {
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    const asking = ask(url, wish()).then(
      () => void state.answered++,
      (error: unknown) => console.error(`a visitor was not answered: ${error}`),
    );
    underWay.add(asking);
    void asking.finally(() => underWay.delete(asking));
    const wave = 1 + 0.5 * Math.sin(Date.now() / 9000);
    await Bun.sleep((-Math.log(1 - Math.random()) * 1000) / (perSecond * wave));
  }
  await Promise.all(underWay);
}

function wish(): Visit {
  let place = Math.random() * wishes.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, visit] of wishes) {
    place -= weight;
    if (place < 0) return visit();
  }
  return ofShop("/");
}

async function ask(url: string, { host, target, method = "GET", fields = {} }: Visit): Promise<void> {
  const headers = { Host: host, "User-Agent": browsers[often(4) - 1] ?? "", ...fields };
  const response = await fetch(url + target, { method, headers, decompress: false });
  await response.arrayBuffer();
}
