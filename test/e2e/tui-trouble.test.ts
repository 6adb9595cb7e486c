// The TUI in a real terminal beside a daemon that refuses: what it then says, and that it goes on.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FakeDaemon, SHELL } from "../support/fake-daemon.js";
import { program, Sandbox } from "../support/sandbox.js";
import { Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

describe.skipIf(!hasTmux)("the TUI beside a daemon that refuses", () => {
  it("says why a kill failed, and the shell stays listed", async () => {
    const sandbox = new Sandbox();
    onTestFinished(() => sandbox.dispose());
    mkdirSync(dirname(sandbox.socketPath), { mode: 0o700 });
    let kills = 0;
    const daemon = new FakeDaemon(sandbox.socketPath, {
      "events.subscribe": (call, peer) => peer.answer(call, { shells: [SHELL] }),
      "shell.watch": (call, peer) => peer.answer(call, {}),
      "shell.kill": (call, peer) =>
        peer.fail(call, "timeout", `shell 'work' is not ended: no answer, try ${++kills}`),
    });
    await daemon.listen();
    onTestFinished(() => daemon.stop());
    const tmux = new Tmux(sandbox.env, { cols: 100, rows: 20 });
    onTestFinished(() => tmux.dispose());
    const pane = tmux.open(`${process.execPath} ${program("agentd")}`);
    await pane.waitFor(/ work +● live/);
    for (const attempt of [1, 2]) {
      pane.type("x", "y");
      await pane.waitFor(`shell 'work' is not ended: no answer, try ${attempt}`);
      expect(pane.capture()).toMatch(/ work +● live/);
    }
    expect(daemon.calls.filter(({ method }) => method === "shell.kill")).toMatchObject([
      { params: { name: "work" } },
      { params: { name: "work" } },
    ]);
    pane.type("q");
    expect(await pane.status()).toBe(0);
    await until("it has left", () => daemon.peers.every(({ socket }) => socket.destroyed));
  });
});
