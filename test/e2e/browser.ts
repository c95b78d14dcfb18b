import { afterAll, afterEach } from "bun:test";
import axe, { type AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { installPackages } from "../apps/packages.ts";

/** How somebody sees a page. */
export interface Window {
  /** 1440 if nothing is said; 390 is a phone. */
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
  /** What the page finds in its sessionStorage. */
  readonly session?: Readonly<Record<string, string>>;
}

/** A page that is open in a browser of its own storage, and what is wrong with it. */
export interface View {
  readonly page: Page;
  /** What the browser has complained of until now: errors of scripts, of the console (of the policy, too), of the network. */
  readonly complaints: readonly string[];
  /** What keeps people out, by axe-core: "serious color-contrast at #told: …". Lesser things are left out. */
  barriers(): Promise<string[]>;
  /** By how many pixels the page is wider than its window; 0 where nobody has to scroll sideways. */
  excessWidth(): Promise<number>;
  close(): Promise<void>;
}

/** Debian's Chromium without a window. */
export interface RunningBrowser {
  open(url: string, window?: Window): Promise<View>;
  stop(): Promise<void>;
}

export async function startBrowser(): Promise<RunningBrowser> {
  const browser = await launch();
  return {
    open: (url, window = {}) => openIn(browser, url, window),
    stop: () => browser.close(),
  };
}

/**
 * For the top of a test file: opens pages in one browser, which all tests of the file share. It starts with the first
 * page; each page is closed after its test, also when the test failed.
 */
export function browserOfFile(): RunningBrowser["open"] {
  let starting: Promise<RunningBrowser> | undefined;
  const views: View[] = [];
  afterEach(async () => {
    for (const view of views.splice(0)) await view.close();
  });
  afterAll(async () => await (await starting)?.stop());
  return async (url, window) => {
    starting ??= startBrowser();
    const view = await (await starting).open(url, window);
    views.push(view);
    return view;
  };
}

async function launch(): Promise<Browser> {
  if (Bun.which("chromium") === null) await installPackages(["chromium"], "a test in a browser");
  const executablePath = Bun.which("chromium");
  if (executablePath === null) throw new Error("Debian's package chromium is there, and no chromium on PATH");
  // Root may not have the sandbox, and nothing comes from elsewhere here.
  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
  ];
  return await chromium.launch({ executablePath, args });
}

/** Run in the page, as the script that is put there before all others is. */
const excessWidth = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
const fillSession = (session: Readonly<Record<string, string>>) => `
  for (const [name, value] of Object.entries(${JSON.stringify(session)})) sessionStorage.setItem(name, value)`;

async function openIn(browser: Browser, url: string, window: Window): Promise<View> {
  const { width = 1440, height = width < 600 ? 844 : 900, theme = "light", session = {} } = window;
  const isPhone = width < 600;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
    ...(isPhone ? { isMobile: true, hasTouch: true, deviceScaleFactor: 2 } : {}),
  });
  await context.addInitScript(fillSession(session));
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(url);
  return {
    page,
    complaints,
    barriers: () => barriersOf(page),
    excessWidth: () => page.evaluate<number>(excessWidth),
    close: () => context.close(),
  };
}

function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`console: ${message.text()}`);
  });
  return complaints;
}

async function barriersOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run(document)");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ impact, id, nodes }) =>
      nodes.map((node) => `${impact} ${id} at ${node.target}: ${node.failureSummary}`),
    );
}
