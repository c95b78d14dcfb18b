import { dns } from "bun";

/** Asks an origin by its name until that has been looked up a second time; prints how many look-ups there were. */
const origin = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  development: false,
  fetch: () => new Response("hello"),
});
const deadline = performance.now() + 10_000;
while (dns.getCacheStats().cacheMisses < 2 && performance.now() < deadline) {
  const response = await fetch(`http://localhost:${origin.port}/`, { keepalive: false });
  await response.text();
}
process.stdout.write(String(dns.getCacheStats().cacheMisses));
process.exit(0);
