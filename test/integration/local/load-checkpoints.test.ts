// A daemon that starts fetches the screens that an earlier one left, from a runtime that is slow, or that says nothing.
import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { LocalCheckpoints } from "../../../daemon/upstream/local/local-checkpoints.js";
import { tempDirectory } from "../../support/temp-directory.js";

const EPOCH = "0d9c1bb6-6f64-4f4e-9d6c-1d1f6c3f6a11";
const shells = Array.from({ length: 6 }, (_, n) => ({ runtimeSessionId: "session", shellId: `s${n}` }));

describe("the screens that an earlier daemon left", () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** @param answer is given what answers one request */
  async function checkpointsOf(answer: (respond: () => void) => void): Promise<LocalCheckpoints> {
    server = createServer((_request, response) => {
      answer(() => {
        response.writeHead(200, {
          "x-agentd-epoch": EPOCH,
          "x-agentd-offset": 0,
          "x-agentd-cols": 80,
          "x-agentd-rows": 24,
        });
        response.end("screen");
      });
    });
    const socketPath = `${tempDirectory()}/s`;
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    const there = shells.map((ids) => ({
      ...ids,
      name: "",
      pid: 1,
      epoch: EPOCH,
      offset: 0,
      cols: 80,
      rows: 24,
      checkpoint: 0,
    }));
    return new LocalCheckpoints({ socketPath, listShells: async () => there });
  }

  it("are all had from a runtime that takes long for them, as long as they keep coming", async () => {
    const waiting: (() => void)[] = [];
    const checkpoints = await checkpointsOf((respond) => void waiting.push(respond));
    const timer = setInterval(() => waiting.shift()?.(), 300);
    await checkpoints.load(shells, 1_000);
    clearInterval(timer);
    expect(shells.map((ids) => checkpoints.take(ids) !== undefined)).toEqual(shells.map(() => true));
  });

  it("are given up when the runtime says nothing, and one that comes too late is not held", async () => {
    const waiting: (() => void)[] = [];
    const checkpoints = await checkpointsOf((respond) => void waiting.push(respond));
    await checkpoints.load(shells, 100);
    expect(shells.map((ids) => checkpoints.take(ids))).toEqual(shells.map(() => undefined));
    for (const respond of waiting) respond();
    while ((await new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)))) > 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(shells.map((ids) => checkpoints.take(ids))).toEqual(shells.map(() => undefined));
  });
});
