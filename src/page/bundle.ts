import { join } from "node:path";

/**
 * The page's script as browsers take it, in one piece. Called while this program is itself bundled or loaded, as a macro, so
 * that the binary holds the result and no bundler. Throws where the page's source is not understood.
 */
export function bundledScript(): string {
  return bundled("main.tsx", "--format=iife");
}

/** The page's style sheets in one piece. */
export function bundledStyle(): string {
  return bundled("style/main.css");
}

/** A macro may not call Bun's bundler in its own process, which waits for the macro. */
function bundled(entry: string, ...flags: readonly string[]): string {
  const define = '--define=process.env.NODE_ENV="production"';
  const command = [process.execPath, "build", join(import.meta.dir, entry), "--minify", "--target=browser"];
  const { stdout, stderr, exitCode } = Bun.spawnSync([...command, define, ...flags], {
    env: { ...process.env, NODE_ENV: "production" },
  });
  if (exitCode !== 0) throw new Error(`the page cannot be bundled: ${stderr.toString()}`);
  return stdout.toString();
}
