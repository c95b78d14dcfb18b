import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { run } from "../../src/cli/run.ts";
import { makeCertificate } from "../fixtures/certificate.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cacheproxy-config-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const site = '[[site]]\nname = "a"\norigins = ["http://10.0.0.1"]\n';

/** What the command says, with this text as the file. */
async function said(words: readonly string[], text?: string) {
  let stdout = "";
  const stderr: string[] = [];
  const path = join(folder, "c.toml");
  if (text !== undefined) await Bun.write(path, text);
  const code = await run(["config", ...words, ...(text === undefined ? [] : [path])], {
    environment: {},
    machine: { platform: "linux", cores: 1, terminal: false },
    readFile: (each) => Bun.file(each).text(),
    say: async (each) => {
      stdout += each;
    },
    complain: (line) => stderr.push(line.replaceAll(folder, "FOLDER")),
  });
  return { code, stdout: stdout.replaceAll(folder, "FOLDER"), stderr };
}

describe("config check", () => {
  test("says that the file is right, and what it has", async () => {
    const text = `${site}preset = "static"\n[[site.rule]]\nif = { path = "/a" }\npass = true\n`;
    expect(await said(["check"], text)).toEqual({
      code: 0,
      stdout: "FOLDER/c.toml is right: 1 site, 5 rules\n",
      stderr: [],
    });
  });

  test("says all that is wrong, a line each, with exit code 2", async () => {
    expect(await said(["check"], `prot = 1\n${site}lifetim = 1\n`)).toEqual({
      code: 2,
      stdout: "",
      stderr: [
        'FOLDER/c.toml:1:1: "prot" is not known in the top of the file; did you mean port?',
        'FOLDER/c.toml:5:1: "lifetim" is not known in a site; did you mean lifetime?',
      ],
    });
  });

  test("looks into the files that are named", async () => {
    const [one, other] = [await makeCertificate(folder), await makeCertificate(folder, "other")];
    const text = `tls-cert = "/none.pem"
tls-key = "/none.key"
[[certificate]]
cert = "${one.cert}"
key = "${other.key}"
`;
    const { code, stderr } = await said(["check"], text);
    const strangers =
      /^FOLDER\/c\.toml:5:7: key "FOLDER\/other\.key" is not the key of FOLDER\/c\.toml:4:8: cert "FOLDER\/site\.crt"; it should be/;
    expect([code, stderr]).toEqual([
      2,
      [
        '--tls-cert "/none.pem" cannot be read (ENOENT); it should be a PEM file you may read',
        expect.stringMatching(strangers),
      ],
    ]);
  });
});

test("config print tells each value, with where it comes from", async () => {
  const { code, stdout } = await said(["print", "--no-heuristic"], `grace = "1s"\n${site}`);
  expect(code).toBe(0);
  for (const [text, from] of [
    ['grace = "1s"', "FOLDER/c.toml:1"],
    ["heuristic = false", "--no-heuristic"],
    ['disk = "10GB"', "default"],
    ['origins = ["http://10.0.0.1"]', "FOLDER/c.toml:4"],
  ]) {
    const line = stdout.split("\n").find((each) => each.startsWith(`${text} `));
    expect(line).toEndWith(` # ${from}`);
  }
});

describe("config schema", () => {
  test("takes what the file may have, and refuses what it may not", async () => {
    const { code, stdout } = await said(["schema"]);
    expect(code).toBe(0);
    const schema = z.fromJSONSchema(JSON.parse(stdout));
    const rule = {
      if: { path: "/a", header: { "x-a": "b" }, status: [200, "4xx"] },
      lifetime: "30d",
      query: { keep: ["v"] },
    };
    const right = {
      port: 80,
      http3: true,
      listen: "http://a",
      trust: ["private"],
      site: [{ name: "a", hosts: "a", preset: ["static"], rule: [rule] }],
    };
    expect(schema.safeParse(right).error?.issues).toBeUndefined();
    for (const wrong of [
      { prot: 1 },
      { port: "a" },
      { site: [{}] },
      { site: [{ name: "a", liftime: "1d" }] },
      { site: [{ name: "a", rule: [{ lifetime: 30 }] }] },
      { site: [{ name: "a", preset: "statik" }] },
      { site: [{ name: "a", rule: [{ if: { status: "40x" } }] }] },
      { site: [{ name: "a", rule: [{ deny: 500 }] }] },
    ]) {
      expect([wrong, schema.safeParse(wrong).success]).toEqual([wrong, false]);
    }
  });

  test("describes every key, for editors to show", async () => {
    const undescribed: string[] = [];
    const walk = (form: unknown, path: string) => {
      if (typeof form !== "object" || form === null) return;
      if ("properties" in form && typeof form.properties === "object") {
        for (const [name, property] of Object.entries(form.properties ?? {})) {
          if (typeof property === "object" && property !== null && !("description" in property))
            undescribed.push(`${path}.${name}`);
          walk(property, `${path}.${name}`);
        }
      }
      if ("items" in form) walk(form.items, path);
    };
    walk(JSON.parse((await said(["schema"])).stdout), "");
    expect(undescribed.filter((path) => !path.includes("redirect"))).toEqual([]);
  });
});
