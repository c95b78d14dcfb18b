import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { codeOf } from "../../config/listen-refusal.ts";
import { secretForm } from "../../config/schema.ts";
import { type Secret, secretOf } from "../../sites/secret.ts";

export interface TokenFileOptions {
  readonly path: string;
  /** Whether the folder is this supervisor's; throws when that cannot be told. */
  readonly isOurs: () => boolean;
  /** What it is, for messages: "the token for --admin". */
  readonly called: string;
  /** What else can be done where it can neither be read nor made: "or give one by --admin-token". */
  readonly orElse: string;
  /** One that cannot be guessed, of letters and digits. */
  readonly newToken: () => string;
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

/** Where the token lies that was made because the operator has given none. */
export function adminTokenPath(cacheDirectory: string): string {
  return join(cacheDirectory, "admin.token");
}

/** Where that lies by which debug tokens are proven. */
export function debugKeyPath(cacheDirectory: string): string {
  return join(cacheDirectory, "debug.key");
}

/** Whoever keeps a secret of this size in a file has made a mistake. */
const mostBytes = 1024;

/**
 * Gives what the token in a file is now; it is made where there is none, and made anew where others could have read or
 * written it. The file is looked at each time, so that its removal is enough to have another token. Null while it can neither be
 * read nor made: on a disk that is full.
 */
export function createTokenFile({
  path,
  called,
  orElse,
  isOurs,
  newToken,
  info,
  warn,
}: TokenFileOptions): () => Secret | null {
  let known: { readonly secret: Secret; readonly stamp: string } | undefined;
  let lastWarning = "";

  function tell(message: string): void {
    if (message !== lastWarning) warn(message);
    lastWarning = message;
  }

  function look(): Secret {
    if (known !== undefined && stampOf(path) === known.stamp) return known.secret;
    const there = read(path);
    if (there.token !== undefined) info(`${called} is in ${path}`);
    const { token, stamp } = there.token === undefined ? make(there.unfit) : there;
    const secret = secretOf(token);
    known = { secret, stamp };
    return secret;
  }

  function make(unfit: string | undefined): Found {
    if (!isOurs()) throw new Error("the folder cannot be taken");
    write(path, newToken());
    const made = read(path);
    if (made.token === undefined) throw new Error(`it ${made.unfit ?? "was removed"} at once`);
    if (unfit === undefined) info(`${called} is made; it is in ${path}`);
    else warn(`${path} ${unfit}: ${called} is another one from now on`);
    return made;
  }

  return () => {
    try {
      const secret = look();
      lastWarning = "";
      return secret;
    } catch (error) {
      known = undefined;
      tell(
        `${path} cannot be read or written (${codeOf(error) ?? error}): nobody has ${called}; make room, ${orElse}`,
      );
      return null;
    }
  };
}

interface Found {
  readonly token: string;
  readonly stamp: string;
}

interface Unfit {
  readonly token?: never;
  /** Why what lies there is none of ours; undefined where nothing does. */
  readonly unfit: string | undefined;
}

function read(path: string): Found | Unfit {
  const descriptor = open(path);
  if (typeof descriptor !== "number") return descriptor;
  try {
    const file = fstatSync(descriptor, { bigint: true });
    const unfit = whyUnfit(file);
    if (unfit !== undefined) return { unfit };
    const token = readFileSync(descriptor, "utf8").trim();
    return secretForm.test(token) ? { token, stamp: stampIn(file) } : { unfit: "held no token" };
  } finally {
    closeSync(descriptor);
  }
}

/** Follows no link, and does not wait for who may write into a pipe. */
function open(path: string): number | Unfit {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return { unfit: undefined };
    if (code === "ELOOP") return { unfit: "was a symbolic link" };
    throw error;
  }
}

function whyUnfit(file: BigIntStats): string | undefined {
  if (!file.isFile()) return "was no file";
  if (file.size > mostBytes) return "held no token";
  const ownUser = process.getuid?.();
  // Where the system knows no users, the folder has to do.
  if (ownUser === undefined) return undefined;
  if (file.uid !== BigInt(ownUser)) return "was another user's";
  if ((file.mode & 0o077n) !== 0n) return "was open to others";
  return file.nlink === 1n ? undefined : "had another name besides";
}

function stampOf(path: string): string | undefined {
  const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return file === undefined ? undefined : stampIn(file);
}

/** Differs when the file has become another, or has other contents, another owner or other rights. */
function stampIn({ ino, ctimeNs }: BigIntStats): string {
  return `${ino} ${ctimeNs}`;
}

/** Takes the place of whatever lies there, which is not written into. */
function write(path: string, token: string): void {
  const draft = `${path}-${crypto.randomUUID()}`;
  try {
    writeFileSync(draft, `${token}\n`, { mode: 0o600, flag: "wx" });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
