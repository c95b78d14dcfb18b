import { Empty } from "../parts/empty.tsx";

export function Fleet() {
  return <Empty>Nothing is shown here yet.</Empty>;
}
