import { Empty } from "../parts/empty.tsx";

export function Requests() {
  return <Empty>Nothing is shown here yet.</Empty>;
}
