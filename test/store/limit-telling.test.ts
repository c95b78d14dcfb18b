import { expect, test } from "bun:test";
import { limitTelling } from "../../src/store/limit-telling.ts";

test("one trouble of each code is told in so many milliseconds", () => {
  let at = 0;
  const told: string[] = [];
  const tell = limitTelling(
    ({ code, message }) => told.push(`${code} ${message}`),
    () => at,
    1_000,
  );
  tell({ code: "ENOSPC", message: "1" });
  tell({ code: "ENOSPC", message: "2" });
  tell({ code: "EIO", message: "3" });
  at = 999;
  tell({ code: "ENOSPC", message: "4" });
  at = 1_000;
  tell({ code: "ENOSPC", message: "5" });
  expect(told).toEqual(["ENOSPC 1", "EIO 3", "ENOSPC 5"]);
});
