import { aDuration, type Option } from "./option.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { duration, orOff } from "./written.ts";

const { shape } = settingsSchema;

type Name = "grace" | "takeover" | "originTimeout" | "originIdleTimeout" | "collapseWait" | "websocketIdle";

/** How long one waits for another, in the order of the help. */
export const optionsOfWaiting: { readonly [One in Name]-?: Option<Settings[One]> } = {
  grace: {
    name: "grace",
    argument: "TIME",
    summary: "let requests in flight finish for so long when told to stop",
    byDefault: "30s",
    read: duration.pipe(shape.grace),
    expected: `${aDuration}, up to 1d`,
  },
  takeover: {
    name: "takeover",
    argument: "TIME",
    summary: "wait so long for a cacheproxy that is stopping to leave the cache folder",
    byDefault: "30s",
    read: duration.pipe(shape.takeover),
    expected: `${aDuration}, up to 1d`,
  },
  originTimeout: {
    name: "origin-timeout",
    argument: "TIME",
    summary: "wait so long for the origin's answer to begin, once the request has been sent",
    byDefault: "30s",
    read: duration.pipe(shape.originTimeout),
    expected: `${aDuration}, from 1ms to 1d`,
  },
  originIdleTimeout: {
    name: "origin-idle-timeout",
    argument: "TIME",
    summary:
      "wait so long for the next part of the origin's answer; up to 64 KB of known length are one part, and event streams may be silent",
    byDefault: "60s",
    read: duration.pipe(shape.originIdleTimeout),
    expected: `${aDuration}, from 1ms to 1d`,
  },
  collapseWait: {
    name: "collapse-wait",
    argument: "TIME",
    summary:
      "wait so long for the answer that another client has asked for; then a few others ask as well, one after the other",
    byDefault: "1s",
    read: duration.pipe(shape.collapseWait),
    expected: `${aDuration}, from 1ms to 1d`,
  },
  websocketIdle: {
    name: "websocket-idle",
    argument: "TIME",
    summary: "close a WebSocket on which neither side has sent anything for so long",
    byDefault: "10m",
    read: orOff(duration).pipe(shape.websocketIdle),
    expected: `${aDuration}, from 1s to 1d, or off`,
  },
};
