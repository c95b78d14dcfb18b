import { draftMode } from "next/headers";

// Static for readers; an editor sees the draft.
export default async function Page() {
  const { isEnabled } = await draftMode();
  return <h1>{isEnabled ? "The draft of the post" : "The post"}</h1>;
}
