import { installApp } from "../node-app.ts";
import type { Program, Programs } from "../programs.ts";

export interface SocketSite {
  /** Starts the server, at first or anew. */
  start(): Promise<Program>;
}

/** A server of Socket.IO that echoes, at a port. */
export async function prepareSocketSite(programs: Programs, port: number): Promise<SocketSite> {
  const folder = await installApp("socketio");
  return { start: () => programs.start("socketio", ["node", "server.js", `${port}`], port, { folder }) };
}
