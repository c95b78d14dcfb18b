import { z } from "zod";
import { aSwitch, type Option } from "./option.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { orOff, yesOrNo } from "./written.ts";
import { ownNetworks } from "./written-addresses.ts";

const { shape } = settingsSchema;

type Name = "purgeFrom" | "purgeToken" | "purgePath" | "keepTags";

/** Who may purge by a request to the port where visitors come, and how, in the order of the help. */
export const optionsOfPurges: { readonly [One in Name]-?: Option<Settings[One]> } = {
  purgeFrom: {
    name: "purge-from",
    argument: "NETWORKS",
    isList: true,
    summary:
      "obey PURGE requests that come from these networks: 10.0.0.7, 10.0.0.0/8, loopback, private; repeatable",
    byDefault: "off",
    read: z.union([z.literal("off").transform((): string[] => []), ownNetworks]).pipe(shape.purgeFrom),
    expected: "networks such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32, loopback or private, or off",
  },
  purgeToken: {
    name: "purge-token",
    argument: "TEXT",
    isSecret: true,
    summary:
      "obey those alone that have this in Authorization: Bearer; better said by the variable or the file, for other users of the machine can read flags",
    read: shape.purgeToken.unwrap(),
    expected: "of 16 to 256 letters, digits and signs, without spaces",
  },
  purgePath: {
    name: "purge-path",
    argument: "PATH",
    summary: "with /purge, a GET of /purge/a from those networks purges /a, as nginx-helper asks for it",
    byDefault: "off",
    read: orOff(z.string()).pipe(shape.purgePath),
    expected: "a path such as /purge, without a slash at its end, or off",
  },
  keepTags: {
    name: "keep-tags",
    summary: "leave Surrogate-Key, Cache-Tag and their kin in what clients get",
    byDefault: "false",
    read: yesOrNo.pipe(shape.keepTags),
    expected: aSwitch,
  },
};
