// What people see who are attached while commands run: what they would see had they been typed by hand.
import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { program, Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const agentd = `${process.execPath} ${program("agentd")}`;
const kinds = {
  bash: ["bash", "--norc", "--noprofile"],
  zsh: ["zsh", "-f"],
  fish: ["fish", "--no-config", "-C", "function fish_prompt; printf '> '; end"],
  dash: ["dash"],
};
const PROMPT = /^.*[$%>#] *$/m;
const commands = [
  "echo hello",
  "true",
  "seq 40",
  "echo 'a long line' of words that does not fit into one row of a terminal, nor in two",
  "printf '\\033[1mbold\\033[0m\\n'",
  "sh -c 'exit 3'",
  "echo last",
];

describe.skipIf(!hasTmux)("a person who is attached while commands run", () => {
  let sandbox: Sandbox;
  let tmux: Tmux;
  afterEach(() => {
    tmux?.dispose();
    sandbox?.dispose();
  });

  const open = async (name: string, shell: readonly string[]): Promise<Pane> => {
    expect(sandbox.run(["new", "-d", name, "--", ...shell]).status).toBe(0);
    const pane = tmux.open(`${agentd} attach -q ${name}`);
    await pane.waitFor(PROMPT);
    return pane;
  };
  /** Everything that was on the screen, from the first command on. */
  const seen = (pane: Pane) => {
    const text = pane.capture({ start: -2000 });
    return text.slice(text.lastIndexOf("echo hello\n", text.indexOf("\nhello\n"))).trimEnd();
  };
  const cases = Object.entries(kinds).flatMap(([kind, shell]) =>
    [80, 20].map((cols) => ({ kind, shell, cols })),
  );

  it.each(cases)("sees in $kind, $cols columns wide, what typing shows", async ({ kind, shell, cols }) => {
    if (spawnSync("sh", ["-c", `command -v ${kind}`]).status !== 0) return;
    sandbox = new Sandbox({ fish_greeting: "" });
    tmux = new Tmux(sandbox.env, { cols, rows: 24 });
    const hand = await open("hand", shell);
    const mine = await open("mine", shell);
    const prompt = PROMPT.exec(hand.capture())?.[0];
    for (const command of commands) {
      const before = hand.capture({ start: -2000 });
      hand.type(command, "Enter");
      await until("a new prompt", () => {
        const text = hand.capture({ start: -2000 }).trimEnd();
        return text !== before.trimEnd() && text.slice(text.lastIndexOf("\n") + 1) === prompt;
      });
      sandbox.run(["run", "mine", "--", command]);
    }
    await until("the last prompt", () => seen(mine).endsWith(`\nlast\n${prompt}`));
    expect(seen(mine)).toBe(seen(hand));
  });
});
