import { readableBytes, readableMilliseconds } from "../../control/amounts.ts";
import type { RecordedRequest } from "../../control/requests.ts";
import { clockTime } from "../parts/format.ts";
import { Outcome } from "../parts/outcome.tsx";
import { RequestDetail } from "./request-detail.tsx";
import { keyOf } from "./rows.ts";

interface RequestRowsProps {
  readonly rows: readonly RecordedRequest[];
  /** The key of the one that is open. */
  readonly open: string | null;
  readonly onOpen: (key: string | null) => void;
  readonly onNarrow: (condition: string) => void;
}

/** Requests, the newest first; one of them may be open. */
export function RequestRows({ rows, open, onOpen, onNarrow }: RequestRowsProps) {
  return (
    <table class="requests">
      <thead>
        <tr>
          <th scope="col" class="number">
            Time
          </th>
          <th scope="col">Cache</th>
          <th scope="col" class="number">
            Status
          </th>
          <th scope="col">Request</th>
          <th scope="col">Why</th>
          <th scope="col" class="number">
            Size
          </th>
          <th scope="col" class="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((request) => {
          const key = keyOf(request);
          const isOpen = key === open;
          return [
            <RequestRow
              key={key}
              request={request}
              isOpen={isOpen}
              onToggle={() => onOpen(isOpen ? null : key)}
            />,
            isOpen && (
              <tr key={`${key} detail`} class="request-detail">
                <td colSpan={7}>
                  <RequestDetail request={request} onNarrow={onNarrow} />
                </td>
              </tr>
            ),
          ];
        })}
      </tbody>
    </table>
  );
}

interface RequestRowProps {
  readonly request: RecordedRequest;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function RequestRow({ request, isOpen, onToggle }: RequestRowProps) {
  const { at, cache, status, method, host, target, isCut, reason, bytes, milliseconds } = request;
  return (
    <tr class={isOpen ? "request is-open" : "request"} data-request={request.id}>
      <td data-title="Time" class="number">
        {clockTime(at, Date.now())}
      </td>
      <td data-title="Cache">
        <Outcome cache={cache} />
      </td>
      <td data-title="Status" class={`number status-${Math.floor(status / 100)}xx`}>
        {status}
      </td>
      <td data-title="Request" class="request-target">
        <button type="button" aria-expanded={isOpen} onClick={onToggle}>
          <span class="request-line">
            <span class="muted">
              {method} {host}
            </span>
            {target}
            {isCut ? "…" : ""}
          </span>
        </button>
      </td>
      <td data-title="Why" class="request-why">
        {reason}
      </td>
      <td data-title="Size" class="number">
        {readableBytes(bytes)}
      </td>
      <td data-title="Took" class="number">
        {/* A hit of the short way is not measured. */}
        {milliseconds === 0 ? "–" : readableMilliseconds(milliseconds)}
      </td>
    </tr>
  );
}
