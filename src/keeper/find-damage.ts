import { bareEnvironment, type Environment, ownCommand } from "../system/own-program.ts";

/**
 * Has a process of its own look through the index, for this one must answer meanwhile. What is wrong with it, if
 * anything. Rejects when that cannot be told.
 */
export async function findDamage(
  cacheDirectory: string,
  environment: Environment,
): Promise<string | undefined> {
  const words = ["verify", "--index-only", "--cache-dir", cacheDirectory];
  const child = Bun.spawn(ownCommand(...words), {
    env: bareEnvironment(environment),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const [said, code] = await Promise.all([child.stdout.text(), child.exited]);
  if (code === 0) return undefined;
  const [damage = ""] = said.split("\n");
  if (code !== 1 || damage === "") throw new Error(`the process that does it ended with ${code}`);
  return damage;
}
