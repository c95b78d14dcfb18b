import { revalidatePath } from "next/cache";

async function write() {
  "use server";
  revalidatePath("/news");
}

export default function Page() {
  return (
    <form action={write}>
      <button type="submit">Write</button>
    </form>
  );
}
