// Reaching a daemon that is just going away.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { askDaemon, reachDaemon } from "../../../../client/daemon/daemon-access.js";
import { FakeDaemon } from "../../../support/fake-daemon.js";
import { tempDirectory } from "../../../support/temp-directory.js";

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

describe("askDaemon", () => {
  it("sends its call with the greeting, without an answer to that", async () => {
    const directory = join(tempDirectory(), "run");
    mkdirSync(directory, { mode: 0o700 });
    const hello = { protocol: 1, version: "0.1.0", pid: 1, client: { prefix: "C-]" } };
    let greet = () => {};
    const daemon = new FakeDaemon(join(directory, "agentd.sock"), {
      hello: (call, peer) => {
        greet = () => peer.answer(call, hello);
      },
      // Answered only when the call behind it has come.
      "shell.list": (call, peer) => {
        greet();
        peer.answer(call, { shells: [] });
      },
    });
    await daemon.listen();
    onTestFinished(() => daemon.stop());
    const env = { AGENTD_RUNTIME_DIR: directory };
    const { connection, answer } = await askDaemon(env, { start: false, limitMs: 10_000 }, (asked) =>
      asked.call("shell.list", {}),
    );
    expect(connection.hello.pid).toBe(1);
    expect(await answer).toEqual({ shells: [] });
    connection.close();
  });

  it("asks again when the connection ends before hello is answered", async () => {
    const { daemon, env } = await dying(1);
    const asked: number[] = [];
    const { connection } = await askDaemon(env, { start: false, limitMs: 10_000 }, async () => {
      asked.push(daemon.peers.length);
    });
    expect(asked).toHaveLength(2);
    connection.close();
  });

  it("says that the protocols differ, not what became of the call", async () => {
    const directory = join(tempDirectory(), "run");
    mkdirSync(directory, { mode: 0o700 });
    const daemon = new FakeDaemon(join(directory, "agentd.sock"), {
      hello: (call, peer) => peer.fail(call, "protocol_mismatch", "the daemon speaks 2"),
      "shell.list": (call, peer) => peer.fail(call, "invalid_request", "the first call is hello"),
    });
    await daemon.listen();
    onTestFinished(() => daemon.stop());
    const env = { AGENTD_RUNTIME_DIR: directory };
    const asking = askDaemon(env, { start: false, limitMs: 10_000 }, (asked) => asked.call("shell.list", {}));
    await expect(asking).rejects.toMatchObject({ code: "protocol_mismatch" });
  });
});
