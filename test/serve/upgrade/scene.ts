import { afterEach, beforeEach } from "bun:test";
import { startWebSocketOrigin, type WebSocketOrigin } from "../../fixtures/web-socket-ends.ts";
import { startProxy, type TestProxy } from "../proxy.ts";

/** A proxy before an origin of WebSockets, other ones in each test. */
export interface Scene {
  readonly origin: WebSocketOrigin;
  readonly proxy: TestProxy;
}

export function sceneForEachTest(): Scene {
  let origin: WebSocketOrigin;
  let proxy: TestProxy;
  beforeEach(async () => {
    origin = await startWebSocketOrigin();
    proxy = await startProxy(() => undefined, { originUrl: origin.url });
  });
  afterEach(async () => {
    await proxy.stop();
    await origin.stop();
  });
  return {
    get origin() {
      return origin;
    },
    get proxy() {
      return proxy;
    },
  };
}
