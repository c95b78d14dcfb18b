/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The system needs these to find its parts, to trust certificates, to tell the time, and on Windows to run at all. */
const passedOn = ["PATH", "HOME", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"];
const passedOnByWindows = ["SystemRoot", "TEMP", "TMP", "USERPROFILE"];

/** What a process of this program needs, and nothing of the operator's that could change what it does. */
export function bareEnvironment(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of [...passedOn, ...passedOnByWindows]) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** The same program with other words: the compiled binary itself, or Bun with the script that was started. */
export function ownCommand(...words: string[]): string[] {
  return Bun.isStandaloneExecutable ? [process.execPath, ...words] : [process.execPath, Bun.main, ...words];
}
