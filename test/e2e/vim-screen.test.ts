// A third terminal that attaches shows the exact screen of a running vim: text, colours, cursor, modes, and 1,000 lines of scrollback.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program, Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
const attach = (name: string) => `${process.execPath} ${program("agentd")} attach ${name}`;

/** Text, colours, cursor and modes; vim may still be drawing when its text is there. */
const expectAlike = async (first: Pane, second: Pane) => {
  const looks = () =>
    [first, second].map((pane) => [pane.capture({ ansi: true }), pane.cursor(), pane.modes()] as const);
  await until("both show the same", () => {
    const [one, two] = looks();
    return JSON.stringify(one) === JSON.stringify(two);
  }).catch(() => {
    const [one, two] = looks();
    expect(two).toEqual(one);
  });
};

describe.skipIf(!has("tmux") || !has("vim"))("attach to a running vim", () => {
  let sandbox: Sandbox;
  let tmux: Tmux;

  beforeAll(() => {
    sandbox = new Sandbox();
    tmux = new Tmux(sandbox.env, { cols: 100, rows: 30 });
  });

  afterAll(() => {
    tmux.dispose();
    sandbox.dispose();
  });

  it("draws what the first terminal shows, and the scrollback under it", async () => {
    const source = join(sandbox.home, "sample.c");
    writeFileSync(
      source,
      Array.from({ length: 200 }, (_, i) => `int f${i}(void) { return "text ${i}"[0]; } /* 日本 */`).join(
        "\n",
      ),
    );
    sandbox.run(["new", "-d", "--local", "ed", "--size", "100x30", "--", "bash", "--norc", "--noprofile"]);
    const first = tmux.open(attach("ed"));
    await first.waitFor(/^\$/m);
    first.type("for i in $(seq 1000); do echo scroll-$i; done", "Enter");
    await first.waitFor("scroll-1000");
    first.type(`vim -u NONE -N -c 'syntax on | set number mouse=a | normal 57G12|' ${source}`, "Enter");
    await first.waitFor("text 60");

    const third = tmux.open(attach("ed"));
    await third.waitFor("text 60");
    // With mouse mode, alternate screen and cursor keys as tmux understood them.
    await expectAlike(first, third);
    expect(third.modes()).toMatchObject({ alternate_on: "1" });

    // Leaving vim on one shows the shell's screen and its history on the other.
    first.type("Escape", ":q!", "Enter");
    await third.waitFor("scroll-1000");
    const history = third.capture({ start: -1000 });
    for (const line of [100, 500, 999]) expect(history).toContain(`scroll-${line}\n`);
    await expectAlike(first, third);
  });
});
