// Following a shell's output: how it is given up, and how the end is told.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { reachDaemon } from "../../../../client/daemon/daemon-access.js";
import { followOutput } from "../../../../client/follow/follow-output.js";
import { ShellFollower } from "../../../../client/follow/shell-follower.js";
import { Channel } from "../../../../shared/channel.js";
import { FakeContext } from "../../../support/fake-context.js";
import { ATTACHED, EPOCH, FakeDaemon, type FakePeer, SHELL } from "../../../support/fake-daemon.js";
import { tempDirectory } from "../../../support/temp-directory.js";
import { until } from "../../../support/until.js";

async function world(onAttach: (peer: FakePeer) => void = () => {}) {
  const directory = join(tempDirectory(), "run");
  mkdirSync(directory, { mode: 0o700 });
  const daemon = new FakeDaemon(join(directory, "agentd.sock"), {
    "shell.list": (call, peer) => peer.answer(call, { shells: [SHELL] }),
    "shell.attach": (call, peer) => {
      peer.answer(call, ATTACHED);
      peer.attach();
      onAttach(peer);
    },
  });
  await daemon.listen();
  onTestFinished(() => daemon.stop());
  const context = new FakeContext({ AGENTD_RUNTIME_DIR: directory });
  return { daemon, context, connection: await reachDaemon(context.env, { start: false, limitMs: 10_000 }) };
}

it("does not come back to the daemon when it was stopped", async () => {
  const { connection, context, daemon } = await world();
  const follower = await ShellFollower.attach(context, connection, "work", undefined, {
    onOutput: () => true,
  });
  let isOver = false;
  const ended = follower.run().finally(() => {
    isOver = true;
  });
  follower.stop();
  await until("its end, or another attachment", () => isOver || daemon.peers.length > 1);
  expect(daemon.peers).toHaveLength(1);
  expect(await ended).toMatchObject({ kind: "cut" });
});

it("tells in JSON that it was cut off, where JSON was asked for", async () => {
  const { connection, context } = await world((peer) =>
    peer.send(Channel.Notice, JSON.stringify({ kind: "detached", reason: "stopping" })),
  );
  const open = { text: "", ansi: "", at: 0 };
  const last = { lines: [], open, place: { epoch: EPOCH, offset: 0 }, cols: 80, alternate: false };
  const before = process.listenerCount("SIGINT");
  const status = await followOutput({ context, connection, name: "work", last, ansi: false, json: true });
  expect(status).toBe(254);
  expect(context.printed.map((line) => JSON.parse(line))).toEqual([
    { v: 1, error: { code: "daemon_unavailable", message: "agentd was stopped" } },
  ]);
  expect(context.complaints.filter((line) => line.includes("stopped"))).toEqual([]);
  expect(process.listenerCount("SIGINT")).toBe(before);
});
