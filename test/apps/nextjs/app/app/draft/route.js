import { draftMode } from "next/headers";

export async function GET() {
  (await draftMode()).enable();
  return new Response("an editor looks at drafts from now on");
}
