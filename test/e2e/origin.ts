import { afterAll, beforeAll } from "bun:test";

/** For the top of a test file: an origin that gives these answers to all its tests. Its URL is that of `url()`. */
export function originOfAllTests(answer: (request: Request) => Response): { url(): string } {
  let server: Bun.Server<undefined>;
  beforeAll(() => {
    server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      development: false,
      idleTimeout: 0,
      fetch: answer,
    });
  });
  afterAll(() => server.stop(true));
  return { url: () => `http://127.0.0.1:${server.port}` };
}
