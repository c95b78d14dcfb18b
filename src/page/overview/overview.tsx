import { Empty } from "../parts/empty.tsx";

export function Overview() {
  return <Empty>Nothing is shown here yet.</Empty>;
}
