import { expect, test } from "bun:test";
import { countIn, openConnections } from "../../src/system/connections.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:22B8 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:D431 0100007F:22B8 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
  13: 0100007F:22B8 0100007F:D432 06 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1
 100: 0000000000000000FFFF00000100007F:22B8 0000000000000000FFFF00000100007F:D433 01 00000000:00000000 00:0 0 0 0
`;

test("what counts is what is open at our ports: neither who listens, nor what is closed, nor the clients' own ends", () => {
  const counts = new Map([
    [0x22b8, 0],
    [80, 0],
  ]);
  countIn(table, counts);
  expect([...counts]).toEqual([
    [0x22b8, 2],
    [80, 0],
  ]);
});

test.skipIf(process.platform !== "linux")(
  "the system tells of connections that are open, by port",
  async () => {
    const opened = Promise.withResolvers<void>();
    let accepted = 0;
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data: () => undefined,
        open() {
          accepted += 1;
          if (accepted === 3) opened.resolve();
        },
      },
    });
    const { port } = listener;
    const clients = await Promise.all(
      [1, 2, 3].map(() => Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } })),
    );
    await opened.promise;
    expect(await openConnections(new Set([port]))).toEqual(new Map([[port, 3]]));
    for (const client of clients) client.end();
    listener.stop(true);
  },
);
