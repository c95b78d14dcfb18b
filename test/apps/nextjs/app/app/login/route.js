export function POST() {
  return new Response("welcome", { headers: { "Set-Cookie": "session=anna; Path=/; HttpOnly" } });
}
