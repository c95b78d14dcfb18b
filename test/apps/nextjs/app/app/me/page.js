import { cookies } from "next/headers";

export default async function Page() {
  const name = (await cookies()).get("session")?.value ?? "stranger";
  return <h1>{`Hello ${name}`}</h1>;
}
