import { z } from "zod";
import type { Option } from "./option.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { list, listener, orOff } from "./written.ts";

const { shape } = settingsSchema;

type Name = "admin" | "adminToken" | "adminOpen";

/** Who may look into cacheproxy over the network, and steer it, in the order of the help. */
export const optionsOfAdmin: { readonly [One in Name]-?: Option<Settings[One]> } = {
  admin: {
    name: "admin",
    argument: "HOST:PORT",
    summary:
      "listen here, too, for health, metrics, explain, purge and more; a bare PORT is one of this machine only",
    byDefault: "off",
    read: orOff(listener).pipe(shape.admin),
    expected: "HOST:PORT such as 127.0.0.1:9090, or off",
  },
  adminToken: {
    name: "admin-token",
    argument: "TEXT",
    isSecret: true,
    summary:
      "answer those alone there that have this in Authorization: Bearer; without it a token is made, in the file admin.token of the cache folder; better said by the variable or the file, for other users of the machine can read flags",
    read: shape.adminToken.unwrap(),
    expected: "of 16 to 256 letters, digits and signs, without spaces",
  },
  adminOpen: {
    name: "admin-open",
    argument: "NAMES",
    isList: true,
    summary: "let anybody who gets there read these without a token: healthz, readyz, metrics; repeatable",
    byDefault: "healthz,readyz",
    read: z
      .union([z.literal("off").transform((): [] => []), list(shape.adminOpen.element)])
      .pipe(shape.adminOpen),
    expected: "of healthz, readyz and metrics, several with a comma between, or off",
  },
};
