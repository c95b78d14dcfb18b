import { UsageError } from "../config/usage-error.ts";
import type { StartMessage } from "../control/messages.ts";
import { type DataPlane, startDataPlane } from "./data-plane.ts";
import { connectToSupervisor, type SupervisorLink } from "./link.ts";

/** The data-plane process: waits for its settings, serves until it is told to stop. */
export async function runWorker(): Promise<void> {
  let starting: Promise<DataPlane> | undefined;
  let plane: DataPlane | undefined;
  let graceMilliseconds = 0;
  const link: SupervisorLink = connectToSupervisor({
    async onStart(start: StartMessage) {
      graceMilliseconds = start.settings.grace;
      try {
        starting = startDataPlane(start, link);
        plane = await starting;
        link.ready(plane.port, plane.name);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        await link.failed(message, error instanceof UsageError);
        process.exit(1);
      }
    },
    async onConfigure({ settings, plan }) {
      graceMilliseconds = settings.grace;
      await (await starting)?.configure(settings, plan);
    },
    async onDrain(grace, isReplaced) {
      await plane?.drain(grace, isReplaced);
      await link.drained(plane?.counters() ?? {}, plane?.measures(), plane?.cacheability());
      process.exit(0);
    },
    onRemove: async (selectors, number) =>
      (await (await starting)?.remove(selectors, number)) ?? { complete: 0, inFlight: 0 },
    onList: async (selectors, limit) =>
      (await (await starting)?.list(selectors, limit)) ?? { complete: 0, inFlight: 0, listed: [] },
    async onQuestion(question) {
      const asked = await starting;
      if (asked === undefined) throw new Error("it is not ready yet");
      return await asked.answer(question);
    },
    onCounters: () => plane?.counters() ?? {},
    async onSupervisorLost() {
      plane?.supervisorLost();
      await plane?.drain(graceMilliseconds, false);
      process.exit(0);
    },
  });
}
