import { Empty } from "../parts/empty.tsx";

export function Causes() {
  return <Empty>Nothing is shown here yet.</Empty>;
}
