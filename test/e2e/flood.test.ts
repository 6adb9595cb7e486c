// A flood on a real terminal: what a person sees who interrupts it, and where lines of it are missing.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { program, Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const agentd = `${process.execPath} ${program("agentd")}`;
const GAP = /^\[[\d.]+ [KM]iB of output skipped here · its last lines follow\]$/;

describe.skipIf(!hasTmux)("a flood", () => {
  let sandbox: Sandbox;
  let tmux: Tmux;

  const shell = (name: string) =>
    sandbox.json<{ shells: ShellInfo[] }>(["ls", "--json"]).shells.find((each) => each.name === name);
  const open = async (name: string, flags = ""): Promise<Pane> => {
    const pane = tmux.open(`${agentd} ${flags} new ${name} --local -- bash --norc --noprofile`);
    await pane.waitFor(/[$#]/);
    return pane;
  };
  /** Prints numbers, of which the client misses many: it is stopped meanwhile. */
  const missMany = async (name: string, pane: Pane) => {
    pane.type("seq 1 100; read go; seq 101 1500000; echo done-$((6*7))", "Enter");
    await pane.waitFor(/^100$/m);
    const pid = shell(name)?.attached[0]?.pid ?? Number.NaN;
    process.kill(pid, "SIGSTOP");
    expect(sandbox.run(["send", name, "go", "Enter"]).status).toBe(0);
    await until("all was printed", () => sandbox.run(["capture", name]).stdout.includes("done-42"), 60_000);
    process.kill(pid, "SIGCONT");
    await pane.waitFor("done-42", 60_000);
    return pane.capture({ start: -20_000 }).trimEnd().split("\n");
  };

  beforeAll(() => {
    sandbox = new Sandbox();
    tmux = new Tmux(sandbox.env);
  });

  afterAll(() => {
    tmux.dispose();
    sandbox.dispose();
  });

  it("ends on the terminal with Ctrl-C: the prompt is there, and nothing of the flood comes behind it", async () => {
    const pane = await open("endless");
    pane.type("yes", "Enter");
    await pane.waitFor(/^y\ny\ny$/m);
    pane.type("C-c");
    await pane.waitFor(/\^C\n\$ *\n*$/);
    pane.type("echo $((20+3))-after", "Enter");
    await pane.waitFor(/\^C\n\$ echo .*-after\n23-after\n\$/);
  });

  it("leaves one line in the scrollback, where lines are missing", async () => {
    const lines = await missMany("gap", await open("gap"));
    const at = lines.findIndex((line) => GAP.test(line));
    expect(lines.filter((line) => GAP.test(line))).toHaveLength(1);
    const numbers = (part: readonly string[]) => part.map(Number).filter((number) => number > 0);
    expect(Math.max(...numbers(lines.slice(0, at)))).toBeLessThan(Math.min(...numbers(lines.slice(at))));
    expect(lines.slice(-2)).toEqual(["done-42", expect.stringMatching(/^\$/)]);
  }, 150_000);

  it("leaves no line with -q", async () => {
    const lines = await missMany("still", await open("still", "-q"));
    expect(lines.filter((line) => line.includes("skipped"))).toEqual([]);
  }, 150_000);
});
