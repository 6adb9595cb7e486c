// Reaching a daemon that is just going away.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { reachDaemon } from "../../../client/daemon-access.js";
import { FakeDaemon } from "../../support/fake-daemon.js";
import { tempDirectory } from "../../support/temp-directory.js";

/** A daemon that ends the first `deaths` connections instead of answering. */
async function dying(deaths: number): Promise<{ daemon: FakeDaemon; env: Record<string, string> }> {
  const directory = join(tempDirectory(), "run");
  mkdirSync(directory, { mode: 0o700 });
  let left = deaths;
  const hello = { protocol: 1, version: "0.1.0", pid: 1, client: { prefix: "C-]" } };
  const daemon = new FakeDaemon(join(directory, "agentd.sock"), {
    hello: (call, peer) => (left-- > 0 ? peer.socket.destroy() : peer.answer(call, hello)),
  });
  await daemon.listen();
  onTestFinished(() => daemon.stop());
  return { daemon, env: { AGENTD_RUNTIME_DIR: directory } };
}

describe("reachDaemon", () => {
  it("asks again when the connection ends before hello is answered", async () => {
    const { daemon, env } = await dying(2);
    const connection = await reachDaemon(env, { start: false, limitMs: 10_000 });
    expect(connection.hello.pid).toBe(1);
    expect(daemon.peers).toHaveLength(3);
    connection.close();
  });

  it("gives up when that happens every time", async () => {
    const { daemon, env } = await dying(99);
    await expect(reachDaemon(env, { start: false, limitMs: 10_000 })).rejects.toMatchObject({
      code: "daemon_unavailable",
      message: "agentd closed the connection",
    });
    expect(daemon.peers).toHaveLength(3);
  });
});
