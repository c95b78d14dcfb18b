import { z } from "zod";
import { aSwitch, type Option } from "./option.ts";
import { optionsOfAdmin } from "./options-of-admin.ts";
import { optionsOfLogs } from "./options-of-logs.ts";
import { optionsOfPurges } from "./options-of-purges.ts";
import { optionsOfRules } from "./options-of-rules.ts";
import { optionsOfWaiting } from "./options-of-waiting.ts";
import { rightOrigin } from "./origin-address.ts";
import { presetNames } from "./presets.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { listenAddresses, trustedNetworks } from "./written-addresses.ts";
import { filePath, host, list, origin, orOff, size, wholeNumber, yesOrNo } from "./written.ts";

const { shape } = settingsSchema;
const aSize = "a size with its unit, such as 512MB or 10GB, from 1MB";

/** What flags, variables and the top of the file may say; certificates are tables of the file. */
export type OptionName = Exclude<keyof Settings, "certificates">;

/** Every option, in the order of the help. */
export const options: { readonly [Name in OptionName]-?: Option<Settings[Name]> } = {
  port: {
    name: "port",
    argument: "PORT",
    isNumber: true,
    summary: "listen on this port",
    byDefault: "8888",
    read: wholeNumber.pipe(shape.port),
    expected: "a port from 1 to 65535",
  },
  host: {
    name: "host",
    argument: "HOST",
    summary: "listen on this address only",
    byDefault: "0.0.0.0",
    read: host.pipe(shape.host),
    expected: "an address of this machine, such as 0.0.0.0 or 127.0.0.1",
  },
  listen: {
    name: "listen",
    argument: "URL",
    isList: true,
    summary:
      "listen here, in place of --port and --host: http://, https:// or unix:/run/cache.sock; repeatable",
    read: listenAddresses.pipe(shape.listen),
    expected: "http://0.0.0.0:80, https://[::]:443 or unix:/run/cache.sock, several with a comma between",
  },
  trust: {
    name: "trust",
    argument: "NETWORKS",
    isList: true,
    summary:
      "believe what clients in these networks say of whom they speak for: 10.0.0.0/8, loopback, private, cloudflare, fastly; repeatable",
    byDefault: "off",
    offered: ["loopback", "private", "cloudflare", "fastly", "off"],
    read: z.union([z.literal("off").transform((): string[] => []), trustedNetworks]).pipe(shape.trust),
    expected: "networks such as 10.0.0.0/8 or 2001:db8::/32, loopback, private, cloudflare or fastly, or off",
  },
  origin: {
    name: "origin",
    argument: "URL",
    summary: "the server to stand before; a URL may have a path and credentials, or be unix:/run/app.sock",
    byDefault: "http://127.0.0.1:8000",
    read: origin.pipe(shape.origin),
    expected: rightOrigin,
  },
  originCa: {
    name: "origin-ca",
    argument: "FILE",
    summary: "believe an https origin that these authorities vouch for, and no others (PEM)",
    read: filePath.pipe(shape.originCa.unwrap()),
    expected: "a PEM file",
  },
  tlsCert: {
    name: "tls-cert",
    argument: "FILE",
    summary: "speak TLS, with this certificate and its chain (PEM); HTTP/2 and HTTP/1.1",
    read: filePath.pipe(shape.tlsCert.unwrap()),
    expected: "a PEM file",
  },
  tlsKey: {
    name: "tls-key",
    argument: "FILE",
    summary: "the private key of the certificate (PEM)",
    read: filePath.pipe(shape.tlsKey.unwrap()),
    expected: "a PEM file",
  },
  http3: {
    name: "http3",
    summary: "speak HTTP/3, too, on the UDP port of the same number",
    byDefault: "false",
    read: yesOrNo.pipe(shape.http3),
    expected: aSwitch,
  },
  workers: {
    name: "workers",
    argument: "N",
    isNumber: true,
    summary: "processes that serve",
    byDefault: ({ platform, cores }) => `${platform === "linux" ? Math.min(Math.max(cores, 1), 256) : 1}`,
    defaultInWords: "the number of cores on Linux, else 1",
    read: wholeNumber.pipe(shape.workers),
    expected: "a number from 1 to 256",
  },
  ...optionsOfWaiting,
  offline: {
    name: "offline",
    summary: "serve what is stored and ask no origin",
    byDefault: "false",
    read: yesOrNo.pipe(shape.offline),
    expected: aSwitch,
  },
  preset: {
    name: "preset",
    argument: "NAMES",
    isList: true,
    summary: `rules for what the origin runs: ${presetNames.join(", ")}; repeatable`,
    byDefault: "off",
    offered: [...presetNames, "off"],
    read: orOff(list(z.string().refine((name) => presetNames.includes(name)))).pipe(shape.preset),
    expected: `of ${presetNames.join(", ")}, several with a comma between, or off`,
  },
  preserveHost: {
    name: "preserve-host",
    summary: "send the client's Host to the origin; each host has responses of its own",
    byDefault: "false",
    read: yesOrNo.pipe(shape.preserveHost),
    expected: aSwitch,
  },
  underscoreFields: {
    name: "underscore-fields",
    argument: "HOW",
    summary: "drop or keep request fields whose names have more than letters, digits and hyphens",
    byDefault: "drop",
    read: shape.underscoreFields,
    expected: "drop or keep",
  },
  index: {
    name: "index",
    argument: "FILE",
    summary: 'ask for this file when a client asks for "/"',
    byDefault: "off",
    read: orOff(
      z
        .string()
        .regex(/^\/?(?!\.\.?(?:\/|$))[^\s/?#][^\s?#]*$/)
        .refine((text) => !/\/\.\.?(?:\/|$)/.test(text))
        .transform((text) => text.replace(/^\//, "")),
    ).pipe(shape.index),
    expected: "a file name such as index.html, or off",
  },
  ...optionsOfRules,
  memory: {
    name: "memory",
    argument: "SIZE",
    summary: "memory for responses, all workers together",
    byDefault: "256MB",
    read: size.pipe(shape.memory),
    expected: aSize,
  },
  cacheDir: {
    name: "cache-dir",
    argument: "DIR",
    summary: "keep stored responses in this folder",
    byDefault: "./cache",
    read: filePath.pipe(shape.cacheDir),
    expected: "a folder",
  },
  disk: {
    name: "disk",
    argument: "SIZE",
    summary: "room for responses in that folder",
    byDefault: "10GB",
    read: size.pipe(shape.disk),
    expected: aSize,
  },
  maxFiles: {
    name: "max-files",
    argument: "N",
    isNumber: true,
    summary: "keep so many files in that folder, one for each body of more than 64 KB",
    byDefault: "1000000",
    read: wholeNumber.pipe(shape.maxFiles),
    expected: "a number from 100 to 1000000000",
  },
  maxObject: {
    name: "max-object",
    argument: "SIZE",
    summary: "pass larger bodies on without storing them",
    byDefault: "1GB",
    read: size.pipe(shape.maxObject),
    expected: aSize,
  },
  rangeFill: {
    name: "range-fill",
    argument: "SIZE",
    summary: "fetch the whole of what is no larger when a client asks for a range of it",
    byDefault: "1MB",
    read: orOff(size).pipe(shape.rangeFill),
    expected: "a size with its unit, such as 64KB or 1MB, from 1B, or off",
  },
  onAbort: {
    name: "on-abort",
    argument: "WHAT",
    summary: "finish or drop a body on its way into the cache when every client that waited for it has left",
    byDefault: "finish",
    read: shape.onAbort,
    expected: "finish or drop",
  },
  maxVariants: {
    name: "max-variants",
    argument: "N",
    isNumber: true,
    summary: "keep so many responses that differ by Vary for one URL; those that nobody uses go first",
    byDefault: "32",
    read: wholeNumber.pipe(shape.maxVariants),
    expected: "a number from 1 to 1000",
  },
  cacheStatusKey: {
    name: "cache-status-key",
    summary: "show clients the cache key, in Cache-Status",
    byDefault: "false",
    read: yesOrNo.pipe(shape.cacheStatusKey),
    expected: aSwitch,
  },
  ...optionsOfPurges,
  ...optionsOfLogs,
  ...optionsOfAdmin,
  watch: {
    name: "watch",
    summary: "read the file anew when it, or a certificate, changes",
    byDefault: "false",
    read: yesOrNo.pipe(shape.watch),
    expected: aSwitch,
  },
  configFile: {
    name: "config",
    argument: "FILE",
    summary: "read options from this .toml or .json file",
    read: z
      .string()
      .regex(/\.(toml|json)$/i)
      .pipe(shape.configFile.unwrap()),
    expected: "a file whose name ends in .toml or .json",
  },
};

export const optionNames = Object.keys(options) as OptionName[];
