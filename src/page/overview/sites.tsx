import { readableBytes, readableCount, readableShare } from "../../control/amounts.ts";
import type { SiteSums } from "../../control/overview.ts";
import { Card } from "../parts/card.tsx";
import { Table } from "../parts/table.tsx";

/** Which site has how many requests, and how well it is cached. */
export function Sites({ sites }: { readonly sites: readonly SiteSums[] }) {
  return (
    <Card title="Sites" aside={<span class="muted">since the start</span>}>
      <Table<SiteSums>
        caption="Requests and hits of each site"
        columns={[
          { title: "Site", show: ({ site }) => (site === "" ? "all others" : site) },
          { title: "Requests", isNumber: true, show: ({ requests }) => readableCount(requests) },
          {
            title: "Hits by request",
            isNumber: true,
            show: ({ hits, requests }) => readableShare(hits, requests),
          },
          {
            title: "Hits by byte",
            isNumber: true,
            show: ({ savedBytes, sentBytes }) => readableShare(savedBytes, sentBytes),
          },
          { title: "Sent", isNumber: true, show: ({ sentBytes }) => readableBytes(sentBytes) },
          { title: "Saved", isNumber: true, show: ({ savedBytes }) => readableBytes(savedBytes) },
        ]}
        rows={sites}
        keyOf={({ site }) => site}
      />
    </Card>
  );
}
