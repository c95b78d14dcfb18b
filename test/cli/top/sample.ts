import type { Top } from "../../../src/control/top.ts";

const window = { bytes: 12e6, asked: 45, spared: 1189, sparedBytes: 11e6 };
const outcomes = { ERROR: 0.5, PASS: 9, MISS: 30, REVALIDATED: 12, HIT: 1170 };

/** What GET /top says of a busy proxy. */
export const busy: Top = {
  now: Date.UTC(2026, 10, 28, 7, 6, 2),
  startedAt: Date.UTC(2026, 10, 25, 3, 0, 0),
  windows: [
    { ...window, seconds: 10, covered: 10, requests: 1221.5, outcomes },
    { ...window, seconds: 100, covered: 100, requests: 1221.5, outcomes },
    { ...window, seconds: 1000, covered: 430, requests: 1221.5, outcomes },
  ],
  history: [0, 1, 250, 500, 1000, 750],
  workers: [
    { number: 1, pid: 71, state: "ready", deaths: 0, requests: 640, processor: 0.452, residentBytes: 210e6 },
    { number: 2, state: "waiting", deaths: 3 },
  ],
  store: { objects: 12_345, bytes: 1.2e9, maxBytes: 10 * 1024 ** 3 },
  costs: [
    { forwarded: "miss", reason: "set-cookie", times: 1204, milliseconds: 34_200 },
    { forwarded: "revalidate-stale", reason: "revalidated", times: 800, milliseconds: 20_100 },
    { forwarded: "method-not-cached", reason: "method-not-cached", times: 20, milliseconds: 1100 },
  ],
  slowest: [
    { path: "shop.example/cart", times: 450, milliseconds: 30_000, longest: 3200 },
    { path: "shop.example/search", times: 380, milliseconds: 26_000, longest: 1600 },
    { path: `安宁.example/${"安".repeat(40)}`, times: 9, milliseconds: 900, longest: 200 },
    { path: "shop.example/\x1b[31mred", times: 3, milliseconds: 300, longest: 150 },
  ],
  missed: [
    { url: "https://shop.example/cart?session=abc&x=1", times: 450.4, reason: "set-cookie" },
    { url: `https://shop.example/search?q=${"long+".repeat(30)}&page=12`, times: 380, reason: "no-lifetime" },
    { url: "https://shop.example/\x1b[31mred", times: 3, reason: "stored-explicit" },
  ],
};

const nothing = { covered: 0, requests: 0, bytes: 0, asked: 0, spared: 0, sparedBytes: 0, outcomes: {} };

/** What it says of one that has just begun. */
export const idle: Top = {
  ...busy,
  startedAt: busy.now - 1500,
  windows: [10, 100, 1000].map((seconds) => ({ ...nothing, seconds })),
  history: [],
  workers: [{ number: 1, pid: 71, state: "ready", deaths: 0 }],
  store: { objects: 0, bytes: 0, maxBytes: 1024 ** 3 },
  ...{ costs: [], slowest: [], missed: [] },
};
