import { readFile, writeFile } from "node:fs/promises";
import { openBrowser } from "./browser.ts";
import type { Claims } from "./claims.ts";
import type { Stage } from "./running.ts";
import { openEar } from "./told.ts";

/** A page in the making, whose server changes it in the browser when its source is changed. */
export interface LivePage {
  readonly path: string;
  /** The file that says "first" at first. */
  readonly source: string;
  /** The target of the connection over which the server says what has changed. */
  readonly socket: RegExp;
}

/** The page tells "LIFE shows first", where another life is another load of it, and "LIFE is connected". */
export async function proveLivePage(claims: Claims, page: LivePage, stage: Stage): Promise<void> {
  const ear = openEar();
  const url = `${stage.url}${page.path}?ear=${ear.port}`;
  const browser = openBrowser(stage.folder, url);
  try {
    await ear.told.hears(/ is connected$/);
    const first = await ear.told.hears(/ shows first$/);
    await edit(page);
    const second = await ear.told.hears(/ shows second$/);
    claims.claim(
      "what is changed in the source changes in the browser, without a reload",
      second === first.replace("first", "second"),
      `${first}; ${second}`,
    );
    await browser.close();
    claims.claim("it was told through the proxy", true, await stage.joined(page.socket));
    await proveReload(claims, url, stage);
  } finally {
    await browser.close();
    await ear.stop();
  }
}

/** A page that is loaded anew has nothing that the proxy has kept from before. */
async function proveReload(claims: Claims, url: string, stage: Stage): Promise<void> {
  const ear = openEar();
  const browser = openBrowser(stage.folder, url.replace(/\d+$/, `${ear.port}`));
  try {
    const said = await ear.told.hears(/ shows /);
    claims.claim("who comes later sees the newest", said.endsWith(" second"), said);
  } finally {
    await browser.close();
    await ear.stop();
  }
}

/** Once: who watches files may overlook a change that comes at the heels of another. */
async function edit({ source }: LivePage): Promise<void> {
  await writeFile(source, (await readFile(source, "utf8")).replace('"first"', '"second"'));
}
