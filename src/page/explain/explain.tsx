import { Empty } from "../parts/empty.tsx";

export function Explain() {
  return <Empty>Nothing is shown here yet.</Empty>;
}
