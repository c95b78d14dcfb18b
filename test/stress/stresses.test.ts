import { expect, test } from "bun:test";
import { stresses } from "./stresses.ts";

/** The same for everybody, so that a failure can be had again; `make soak` throws others. */
const seed = 20_261_127;

test.each(Object.entries(stresses))("%s", async (_, stress) => {
  expect(await stress(seed, 1)).toEqual([]);
});
