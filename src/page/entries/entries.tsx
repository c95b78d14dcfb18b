import { Empty } from "../parts/empty.tsx";

export function Entries() {
  return <Empty>Nothing is shown here yet.</Empty>;
}
