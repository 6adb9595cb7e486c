// Several real terminals of different sizes on one shell: what each of them shows, and what becomes of it when others come and go.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { program, Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const agentd = `${process.execPath} ${program("agentd")}`;

describe.skipIf(!hasTmux)("many hands on one shell", () => {
  let sandbox: Sandbox;
  let tmux: Tmux;

  const shell = (name: string) =>
    sandbox.json<{ shells: ShellInfo[] }>(["ls", "--json"]).shells.find((each) => each.name === name);
  const sizeOf = (name: string) => `${shell(name)?.cols}x${shell(name)?.rows}`;
  const make = (name: string, ...flags: string[]) =>
    expect(
      sandbox.run(["new", "-d", "--local", name, ...flags, "--", "bash", "--norc", "--noprofile"]).status,
    ).toBe(0);
  /** A window of this size with the shell in it. */
  const join = async (name: string, cols: number, rows: number, ...flags: string[]): Promise<Pane> => {
    const pane = tmux.open(`read go; ${agentd} attach ${name} ${flags.join(" ")}`);
    tmux.run("resize-window", "-t", pane.id, "-x", String(cols), "-y", String(rows));
    pane.type("go", "Enter");
    await until(`${name} has one more client`, () =>
      shell(name)?.attached.some((each) => each.cols === cols && each.rows === rows),
    );
    await pane.waitFor(/[$#]/);
    return pane;
  };

  beforeAll(() => {
    sandbox = new Sandbox();
    tmux = new Tmux(sandbox.env);
  });

  afterAll(() => {
    tmux.dispose();
    sandbox.dispose();
  });

  it("the size is that of who typed last, and returns when that one is killed; screens fit again", async () => {
    make("hands");
    const wide = await join("hands", 100, 30);
    const small = await join("hands", 60, 20);
    expect(sizeOf("hands")).toBe("60x20");
    await wide.waitFor("[shell is 60x20, this window 100x30 · type or Ctrl-] t to make it yours]");
    wide.type("echo $((6*7))-wide; stty size", "Enter");
    await small.waitFor("42-wide");
    await wide.waitFor("30 100");
    await small.waitFor("[shell is 100x30 · type or Ctrl-] t to make it yours]");
    small.type("C-]", "t");
    await until("the small window leads", () => sizeOf("hands") === "60x20");
    const leader = shell("hands")?.attached.find(({ leads }) => leads);
    expect(leader).toMatchObject({ cols: 60, rows: 20, tty: expect.stringMatching(/^\/dev\/pts\//) });
    process.kill(leader?.pid ?? Number.NaN, "SIGKILL");
    await until("the size returns", () => sizeOf("hands") === "100x30");
    wide.type("clear; tput cup 29 90; printf corner", "Enter");
    await wide.waitFor(/^ {90}corner/m);
  });

  it("a restart of the daemon leaves the lead to whoever typed last; the window that has the size says nothing", async () => {
    make("stale");
    const wide = await join("stale", 100, 30);
    const small = await join("stale", 60, 20);
    wide.type("C-]", "t");
    await small.waitFor("[shell is 100x30");
    for (const leader of [wide, small, wide, small]) {
      leader.type("C-]", "t");
      const [size, other] = leader === wide ? ["100x30", small] : ["60x20", wide];
      await until("it leads", () => sizeOf("stale") === size);
      expect(sandbox.run(["daemon", "restart"]).status).toBe(0);
      await until("both are back", () => shell("stale")?.attached.length === 2);
      await until("the one that typed last leads again", () => sizeOf("stale") === size);
      await other.waitFor(`[shell is ${size}`);
      await until("the window that fits says nothing", () => !leader.capture().includes("[shell is"));
    }
  });

  it("has every key again after a SIGSTOP and fg", async () => {
    make("stopped");
    const pane = tmux.open("PS1='outer> ' bash --norc --noprofile -i");
    await pane.waitFor("outer>");
    pane.type(`${agentd} attach stopped`, "Enter");
    await until("it is attached", () => shell("stopped")?.attached.length === 1);
    await pane.waitFor("[attached stopped");
    process.kill(shell("stopped")?.attached[0]?.pid ?? Number.NaN, "SIGSTOP");
    await pane.waitFor("Stopped");
    pane.type("clear; fg", "Enter");
    // Until then the inner prompt is on the screen from before.
    await until("the screen was cleared", () => !pane.capture().includes("Stopped"));
    await pane.waitFor(/^[$#]/m);
    pane.type("C-]", "d");
    await pane.waitFor("[detached from stopped");
    await pane.waitFor("outer>");
  });

  it("a screen that is drawn anew for another size leaves nothing in the scrollback", async () => {
    make("tidy");
    const wide = await join("tidy", 100, 30);
    const small = await join("tidy", 60, 20);
    small.type("clear; echo only-$((1+1))-once", "Enter");
    for (const pane of [small, wide]) await pane.waitFor("only-2-once");
    for (const [pane, size] of [
      [wide, "100x30"],
      [small, "60x20"],
      [wide, "100x30"],
      [small, "60x20"],
    ] as const) {
      pane.type("C-]", "t");
      await until(`${size} leads`, () => sizeOf("tidy") === size);
      await (pane === wide ? small : wide).waitFor(`[shell is ${size}`);
    }
    for (const pane of [small, wide]) {
      await pane.waitFor("only-2-once");
      expect(pane.capture({ start: -1000 }).match(/only-2-once/g)).toHaveLength(1);
    }
  });

  it("a program on the whole screen is drawn anew for whoever types in it", async () => {
    make("editor");
    const large = await join("editor", 90, 28);
    const small = await join("editor", 50, 12);
    large.type("clear; less -S /etc/passwd", "Enter");
    await large.waitFor("root:x:0:0");
    // It shows the part with the cursor: the prompt of less.
    await small.waitFor(/\(END\)|^\/etc\/passwd|^:/m);
    await until("the large window leads", () => sizeOf("editor") === "90x28");
    small.type("j");
    await until("the small window leads", () => sizeOf("editor") === "50x12");
    await until("the prompt of less is on the last line", () =>
      /^:?$|END|passwd/m.test(small.capture().split("\n")[11] ?? ""),
    );
    expect(small.capture().split("\n")[0]).not.toBe("");
    small.type("q");
  });

  it("helps in a program on the whole screen too, and the next key brings its line back", async () => {
    make("helped");
    const pane = await join("helped", 90, 20);
    pane.type("clear; less -S /etc/passwd", "Enter");
    await pane.waitFor("root:x:0:0");
    await until("less waits", () => /^:?$|END|passwd/.test(pane.capture().split("\n")[19] ?? ""));
    const text = () => pane.capture().split("\n").slice(0, 19);
    const before = text();
    pane.type("C-]", "?");
    await pane.waitFor("[Ctrl-] then: d detach");
    expect(text()).toEqual(before);
    pane.type("g");
    await until("the help is gone", () => !pane.capture().includes("d detach"));
    await until("all of it is drawn", () => text().join("\n") === before.join("\n"));
    pane.type("q");
  });

  it("is shared in the smallest window, and by hand in none", async () => {
    make("policy", "--size-policy", "smallest");
    const wide = await join("policy", 100, 20);
    await join("policy", 60, 30);
    expect(sizeOf("policy")).toBe("60x20");
    await wide.waitFor("[shell is 60x20 (smallest), this window 100x20]");
    const resizing = tmux.open(`${agentd} resize policy 70x25`);
    await resizing.waitFor("policy is 70x25 and stays so (size policy manual) · agentd resize policy");
    expect(await resizing.status()).toBe(0);
    wide.type("stty size", "Enter");
    await wide.waitFor("25 70");
    expect(sandbox.run(["ls", "-v"]).stdout).toMatch(
      /^policy .*70x25 manual .*\n {2}pts\/\d+ +100x20 +leads .*\n {2}pts\/\d+ +60x30 +- /m,
    );
    expect(sandbox.run(["resize-window", "-t", "policy", "-x", "72", "-y", "26"]).status).toBe(0);
    expect(sizeOf("policy")).toBe("72x26");
    expect(sandbox.run(["resize", "policy", "--policy", "largest"]).status).toBe(0);
    expect(sizeOf("policy")).toBe("100x30");
    expect(sandbox.run(["resize", "policy", "80x24", "--policy", "latest"]).status).toBe(64);
    expect(sandbox.run(["resize", "policy", "--policy", "biggest"]).status).toBe(64);
    expect(sandbox.run(["resize", "policy"]).status).toBe(64);
    expect(sandbox.run(["resize", "polciy", "80x24"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("policy"),
    });
  });

  it("says to who never leads that the key is not for them, and sends others away with -d", async () => {
    make("quiet");
    const wide = await join("quiet", 100, 30);
    const other = await join("quiet", 60, 20, "--ignore-size");
    other.type("C-]", "t");
    await other.waitFor("[--ignore-size: never leads]");
    expect(sizeOf("quiet")).toBe("100x30");
    const third = await join("quiet", 80, 24, "-d");
    await wide.waitFor("[detached from quiet by another client · agentd attach quiet]");
    await other.waitFor("[detached from quiet");
    third.type("echo $((20+3))-alone", "Enter");
    await third.waitFor("23-alone");
    expect(shell("quiet")?.clients).toBe(1);
  });
});
