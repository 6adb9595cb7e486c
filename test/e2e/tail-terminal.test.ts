// `tail -f` on a terminal, of a shell in which a full-screen program comes and goes.
import { spawnSync } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import { program, Sandbox } from "../support/sandbox.js";
import { Tmux } from "../support/tmux.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const NOTICE = "[full-screen program · agentd attach work shows it]";

describe.skipIf(!hasTmux)("tail -f on a terminal", () => {
  it("says that a full-screen program has the screen, once, and goes on with lines behind it", async () => {
    const sandbox = new Sandbox();
    onTestFinished(() => sandbox.dispose());
    const tmux = new Tmux(sandbox.env);
    onTestFinished(() => tmux.dispose());
    // Each line that it reads is a step of the play.
    const play =
      "echo first; read x; printf 'open\\033[?1049h\\033[2J\\033[5;5Hdrawn'; read x; printf '\\033[5;5Hredrawn'; read x; printf '\\033[?1049l\\nlast\\n'; read x";
    sandbox.run(["new", "-d", "--local", "work", "--", "sh", "-c", `stty -echo; ${play}`]);
    sandbox.run(["wait", "work", "--text", "first", "--timeout", "20s"]);
    const agentd = `${process.execPath} ${program("agentd")}`;
    const pane = tmux.open(`${agentd} tail -f work`);
    await pane.waitFor("first");
    const step = () => expect(sandbox.run(["send", "work", "Enter"]).status).toBe(0);
    step();
    await pane.waitFor(NOTICE);
    const late = tmux.open(`${agentd} tail -f work`);
    await late.waitFor(NOTICE);
    step();
    expect(sandbox.run(["wait", "work", "--text", "redrawn", "--timeout", "20s"]).status).toBe(0);
    step();
    for (const each of [pane, late]) await each.waitFor(/^last$/m);
    step();
    for (const each of [pane, late]) expect(await each.status()).toBe(0);
    const lines = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("<"));
    expect(lines(pane.capture())).toEqual(["first", "open", NOTICE, "last"]);
    expect(lines(late.capture())).toEqual([NOTICE, "last"]);
  });
});
