// The TUI in a real terminal: every key typed and every click made by a tmux, everything read off its screen and off `ls --json`.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { program, Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const agentd = `${process.execPath} ${program("agentd")}`;
const COLS = 120;
const ROWS = 32;
const BASH = ["bash", "--norc", "--noprofile"];

describe.skipIf(!hasTmux)("the TUI", () => {
  let sandbox: Sandbox;
  let tmux: Tmux;
  let panes: Pane[] = [];

  const shells = () => sandbox.json<{ shells: ShellInfo[] }>(["ls", "--json"]).shells;
  const shell = (name: string) => shells().find((candidate) => candidate.name === name);
  const names = () => shells().map(({ name }) => name);
  const daemonPid = () => sandbox.json<{ pid: number }>(["daemon", "status", "--json"]).pid;
  const make = (name: string, ...command: string[]) => {
    const words = command.length === 0 ? BASH : command;
    expect(sandbox.run(["new", "-d", "--local", name, "--", ...words])).toMatchObject({ status: 0 });
  };
  const open = async (command = agentd): Promise<Pane> => {
    const pane = tmux.open(command);
    panes.push(pane);
    await pane.waitFor("q quit");
    await pane.waitFor(/\d+ shells? · /);
    return pane;
  };
  /** The row of the selected shell, which stands in a bar of its own. */
  const bar = (pane: Pane) =>
    pane
      .capture({ ansi: true })
      .split("\n")
      .slice(2, 20)
      .find((line) => /^\x1b\[(?:1m\x1b\[)?7m/.test(line)) ?? "";
  const selects = (pane: Pane, name: string) =>
    until(
      `${name} is selected`,
      () => bar(pane).includes(` ${name} `) || bar(pane).includes(`${name}\x1b`),
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${pane.capture({ ansi: true })}`);
    });
  /** Filters to the one shell. */
  const pick = async (pane: Pane, name: string) => {
    pane.type("/", name, "Enter");
    await selects(pane, name);
  };
  /** Alone: what comes right behind an Escape would be a key with Alt. */
  const showAll = async (pane: Pane) => {
    pane.type("Escape");
    await until("all are listed", () => rowOf(pane, "alpha") > 0 && rowOf(pane, "beta") > 0);
  };
  const sendRaw = (pane: Pane, text: string) => tmux.run("send-keys", "-t", pane.id, "-l", "--", text);
  const click = (pane: Pane, x: number, y: number) => {
    sendRaw(pane, `\x1b[<0;${x + 1};${y + 1}M`);
    sendRaw(pane, `\x1b[<0;${x + 1};${y + 1}m`);
  };
  const rowOf = (pane: Pane, name: string) =>
    pane
      .capture()
      .split("\n")
      .findIndex((line) => line.startsWith(` ${name} `));
  const clientPid = (pane: Pane) =>
    Number(
      spawnSync("pgrep", ["-P", String(pane.pid)], { encoding: "utf8" })
        .stdout.trim()
        .split("\n")[0],
    );

  beforeAll(() => {
    sandbox = new Sandbox();
    writeFileSync(
      sandbox.env.AGENTD_CONFIG ?? "",
      '[targets.dev]\nruntime = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/my-agent-AbC"\n',
    );
    tmux = new Tmux(sandbox.env, { cols: COLS, rows: ROWS });
    // One that stays, or the server would end with the first pane that is closed.
    tmux.open("true");
    make("alpha");
    make(
      "beta",
      "sh",
      "-c",
      "printf '\\033]0;日本 build\\007\\033[32mgreen\\033[0m \\033[38;2;1;2;3mrgb\\033[0m 日本語 end\\n'; exec sleep 1000",
    );
  });

  afterEach(() => {
    for (const pane of panes) tmux.run("kill-pane", "-t", pane.id);
    panes = [];
  });

  afterAll(() => {
    tmux.dispose();
    sandbox.dispose();
  });

  it("is what agentd alone does on a terminal: all shells, and the screen of the selected one", async () => {
    const pane = await open();
    await pane.waitFor(/ alpha +● live +local/);
    await pane.waitFor(/ beta +● live .* 日本 build/);
    await selects(pane, "alpha");
    pane.type("Down");
    await selects(pane, "beta");
    await pane.waitFor("green rgb 日本語 end");
    const colours = pane.capture({ ansi: true });
    expect(colours).toMatch(/\x1b\[32m(?:\x1b\[49m)?green/);
    expect(colours).toMatch(/\x1b\[38;2;1;2;3mrgb/);
    expect(pane.modes()).toMatchObject({ alternate_on: "1", mouse_sgr_flag: "1", cursor_flag: "0" });
    pane.type("q");
    expect(await pane.status()).toBe(0);
    expect(pane.modes()).toMatchObject({
      alternate_on: "0",
      mouse_sgr_flag: "0",
      mouse_button_flag: "0",
      cursor_flag: "1",
    });
  });

  it("is ls without a terminal", () => {
    expect(sandbox.run([]).stdout).toMatch(/^NAME +STATE/);
  });

  it("moves with arrows, letters, pages, and the ends", async () => {
    const pane = await open();
    for (const [key, name] of [
      ["j", "beta"],
      ["k", "alpha"],
      ["End", "beta"],
      ["Home", "alpha"],
      ["PageDown", "beta"],
      ["PageUp", "alpha"],
      ["Down", "beta"],
      ["Up", "alpha"],
    ] as const) {
      pane.type(key);
      await selects(pane, name);
    }
  });

  it("attaches with Enter, and a detach comes back to the same shell and says so", async () => {
    const pane = await open();
    await pick(pane, "alpha");
    pane.type("Enter");
    await pane.waitFor("[attached alpha");
    pane.type("echo in-$((40+2))", "Enter");
    await pane.waitFor("in-42");
    expect(shell("alpha")?.clients).toBe(1);
    pane.type("C-]", "d");
    await pane.waitFor("detached from alpha");
    await selects(pane, "alpha");
    await pane.waitFor("in-42");
    expect(shell("alpha")?.clients).toBe(0);
    await showAll(pane);
    pane.type("Down");
    await selects(pane, "beta");
  });

  it("says how a shell ended while it was attached", async () => {
    make("short");
    const pane = await open();
    await pick(pane, "short");
    pane.type("Enter");
    await pane.waitFor("[attached short");
    pane.type("exit 3", "Enter");
    await pane.waitFor(/short exited · 3/);
    await pane.waitFor(/ short +● ended 3/);
    expect(sandbox.run(["kill", "short"]).status).toBe(0);
    await pane.waitFor("no shell with 'short'");
  });

  it("attaches read-only with r", async () => {
    const pane = await open();
    await pick(pane, "alpha");
    pane.type("r");
    await pane.waitFor("[attached alpha");
    expect(shell("alpha")?.attached).toMatchObject([{ readOnly: true }]);
    pane.type("C-]", "d");
    await pane.waitFor("detached from alpha");
  });

  it("switches with Ctrl-] s, from its own attach and from one of the command line", async () => {
    const pane = tmux.open(`${agentd} attach alpha`);
    panes.push(pane);
    await pane.waitFor("[attached alpha");
    pane.type("C-]", "s");
    await pane.waitFor("q quit");
    await selects(pane, "alpha");
    pane.type("Down");
    await selects(pane, "beta");
    pane.type("Enter");
    await until("beta has the client", () => shell("beta")?.clients === 1 && shell("alpha")?.clients === 0);
    pane.type("C-]", "s");
    await pane.waitFor("switch: choose a shell");
    await selects(pane, "beta");
    pane.type("q");
    expect(await pane.status()).toBe(0);
    expect(shell("beta")?.clients).toBe(0);
  });

  it("leaves the next prompt a line of its own, after Ctrl-] s too", async () => {
    const pane = tmux.open(`bash -c '${agentd} attach alpha; echo BACK; sleep 1000'`);
    panes.push(pane);
    await pane.waitFor("[attached alpha");
    pane.type("C-]", "s");
    await pane.waitFor("q quit");
    pane.type("q");
    await pane.waitFor(/^BACK$/m);
  });

  it("leaves the next prompt a line of its own, and nothing below it, after an attach of its own", async () => {
    const pane = tmux.open(`bash -c '${agentd}; echo BACK; sleep 1000'`);
    panes.push(pane);
    await pane.waitFor("q quit");
    await pick(pane, "alpha");
    pane.type("Enter");
    await pane.waitFor("[attached alpha");
    pane.type("C-]", "d");
    await pane.waitFor("detached from alpha");
    pane.type("q");
    await pane.waitFor(/^BACK\s*$(?![\s\S]*\S)/m);
  });

  it("makes shells with the form, on targets of the config file too", async () => {
    const pane = await open();
    pane.type("n");
    await pane.waitFor("new shell");
    await pane.waitFor(/target +local +dev/);
    pane.type("Tab", "Right");
    await until("the cloud asks for no command", () => !pane.capture().includes("your login shell"));
    pane.type("Left");
    await pane.waitFor("your login shell");
    pane.type("Tab", "echo made-$((1+1)); exec sleep 1000", "Tab", "/", "Tab", "alpha", "Enter");
    await pane.waitFor("'alpha' exists");
    pane.type("C-u", "formed", "Enter");
    await pane.waitFor("made formed");
    await selects(pane, "formed");
    await pane.waitFor(/^made-2$/m);
    expect(shell("formed")).toMatchObject({ state: "live", kind: "local" });
    sandbox.run(["kill", "formed"]);
  });

  it("keeps the form open when there is no shell of it, with the whole error and what was typed", async () => {
    const pane = await open();
    pane.type("n");
    await pane.waitFor("new shell");
    pane.type(
      "mended",
      "Tab",
      "Tab",
      "echo was-$((1+1)); exec sleep 1000",
      "Tab",
      "/nowhere/at/all",
      "Enter",
    );
    const shown = () =>
      pane
        .capture()
        .split("\n")
        .map((line) => /│ (.*) │/.exec(line)?.[1]?.trim() ?? "")
        .join(" ");
    await until("the whole error", () =>
      shown().includes("cannot start in '/nowhere/at/all' · no such file or directory (ENOENT)"),
    );
    pane.type("C-u", "/", "Enter");
    await pane.waitFor("made mended");
    await selects(pane, "mended");
    await pane.waitFor(/^was-2$/m);
    expect(pane.capture()).not.toContain("new shell");
    sandbox.run(["kill", "mended"]);
  });

  it("filters while one types, by label and title too, and Esc shows all again", async () => {
    sandbox.run(["label", "alpha", "team=blue"]);
    const pane = await open();
    pane.type("/", "blu");
    await until("only alpha is left", () => rowOf(pane, "alpha") > 0 && rowOf(pane, "beta") === -1);
    pane.type("BSpace", "BSpace", "BSpace", "日本");
    await until("only beta is left", () => rowOf(pane, "beta") > 0 && rowOf(pane, "alpha") === -1);
    pane.type("Escape");
    await until("both are back", () => rowOf(pane, "beta") > 0 && rowOf(pane, "alpha") > 0);
    sandbox.run(["label", "alpha", "team="]);
  });

  it("renames with R and labels with L, and stays with the shell", async () => {
    make("before");
    const pane = await open();
    await pick(pane, "before");
    await showAll(pane);
    pane.type("R");
    await pane.waitFor("rename to: before");
    pane.type("C-u", "no/name", "Enter");
    await pane.waitFor("1 to 64 of");
    pane.type("C-u", "zeta", "Enter");
    await pane.waitFor("before is now zeta");
    await selects(pane, "zeta");
    expect(names()).toContain("zeta");
    pane.type("L");
    await pane.waitFor("label KEY=VALUE");
    pane.type("env=prod", "Enter");
    await pane.waitFor("zeta: env=prod");
    expect(shell("zeta")?.labels).toEqual({ env: "prod" });
    pane.type("L");
    await pane.waitFor("label KEY=VALUE");
    pane.type("env=", "Enter");
    await pane.waitFor("zeta: no env");
    expect(shell("zeta")?.labels).toEqual({});
    sandbox.run(["kill", "zeta"]);
  });

  it("kills only after a yes, and names what dies", async () => {
    make("victim");
    const pane = await open();
    await pick(pane, "victim");
    pane.type("x");
    await pane.waitFor("kill victim?");
    await pane.waitFor(`pid ${shell("victim")?.pid}`);
    pane.type("n");
    await until("the question is gone", () => !pane.capture().includes("kill victim?"));
    expect(names()).toContain("victim");
    pane.type("x");
    await pane.waitFor("kill victim?");
    pane.type("y");
    await pane.waitFor("killed victim");
    expect(names()).not.toContain("victim");
  });

  it("shows details in the place of the screen, and help over everything", async () => {
    const pane = await open();
    await pick(pane, "beta");
    pane.type("d");
    await pane.waitFor(shell("beta")?.shellId ?? "?");
    await pane.waitFor("no output lost");
    await pane.waitFor(/attached +nobody/);
    pane.type("d");
    await pane.waitFor("green rgb");
    pane.type("d");
    await pane.waitFor("no output lost");
    // First what is open, the filter is what Esc clears next.
    pane.type("Escape");
    await pane.waitFor("green rgb");
    expect(pane.capture()).not.toContain("no output lost");
    pane.type("?");
    await pane.waitFor("end the shell (asks first)");
    pane.type("Escape");
    await until("it is closed", () => !pane.capture().includes("asks first"));
  });

  it("follows what others do without a key: shells come, go, and print", async () => {
    const pane = await open();
    make("guest");
    await pane.waitFor(/ guest +● live/);
    await pick(pane, "guest");
    sandbox.run(["send", "guest", "echo hello-$((5+5))", "Enter"]);
    await pane.waitFor("hello-10");
    sandbox.run(["send", "guest", "exit 4", "Enter"]);
    await pane.waitFor(/ guest +● ended 4/);
    sandbox.run(["kill", "guest"]);
    await pane.waitFor("no shell with 'guest'");
  });

  it("fits every size, says when that is too small, and comes back", async () => {
    const pane = await open();
    const resize = (cols: number, rows: number) =>
      tmux.run("resize-window", "-t", pane.id, "-x", String(cols), "-y", String(rows));
    resize(20, 5);
    await pane.waitFor("too small");
    resize(60, 12);
    await pane.waitFor(/ alpha +● live/);
    resize(20, 5);
    await pane.waitFor("too small");
    resize(COLS, ROWS);
    await pane.waitFor(/ beta +● live .* 日本 build/);
  });

  it("says that the daemon died, finds the next one by itself, and has its list again", async () => {
    const pane = await open();
    const before = daemonPid();
    process.kill(before, "SIGKILL");
    await pane.waitFor("agentd is back");
    await pane.waitFor(/ alpha +● live/);
    expect(daemonPid()).not.toBe(before);
    await pick(pane, "beta");
    await pane.waitFor("green rgb");
  });

  it("does not start a daemon that was stopped on purpose before somebody asks for it", async () => {
    const pane = await open();
    expect(sandbox.run(["daemon", "stop"]).status).toBe(0);
    await pane.waitFor("agentd was stopped · Enter starts it");
    pane.type("Enter");
    await pane.waitFor("agentd is back");
    await pane.waitFor(/ alpha +● live/);
  });

  it("selects with a click, attaches with a double click, scrolls with the wheel, and takes clicks on its keys", async () => {
    const pane = await open();
    await selects(pane, "alpha");
    click(pane, 5, rowOf(pane, "beta"));
    await selects(pane, "beta");
    sendRaw(pane, `\x1b[<64;5;${rowOf(pane, "beta") + 1}M`);
    await selects(pane, "alpha");
    const row = pane
      .capture()
      .split("\n")
      .findIndex((line) => line.includes("q quit"));
    click(pane, pane.capture().split("\n")[row]?.indexOf("? help") ?? 0, row);
    await pane.waitFor("asks first");
    pane.type("Escape");
    await until("it is closed", () => !pane.capture().includes("asks first"));
    // At once, as the hand is: however busy this machine is, it stays a double click.
    const report = `\x1b[<0;6;${rowOf(pane, "alpha") + 1}`;
    sendRaw(pane, `${report}M${report}m${report}M${report}m`);
    await pane.waitFor("[attached alpha");
    pane.type("C-]", "d");
    await pane.waitFor("detached from alpha");
  });

  it("loses no key that is read together with the mouse", async () => {
    const pane = await open();
    const released = "\x1b[<0;6;2m";
    sendRaw(pane, `${released}?`);
    await pane.waitFor("asks first");
    sendRaw(pane, `${released}\x1b`);
    await until("it is closed", () => !pane.capture().includes("asks first"));
  });

  it("takes pasted text for text: in the list it is no keys", async () => {
    const pane = await open();
    sendRaw(pane, "\x1b[200~xyq\x1b[201~");
    pane.type("/");
    await pane.waitFor("filter: ");
    sendRaw(pane, "\x1b[200~alp\x1b[201~");
    await pane.waitFor("filter: alp");
    expect(names()).toContain("alpha");
  });

  it.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)("gives the terminal back on %s", async (signal) => {
    const pane = await open();
    process.kill(clientPid(pane), signal);
    await pane.waitFor(/<status \d+>/);
    expect(pane.modes()).toMatchObject({ alternate_on: "0", mouse_sgr_flag: "0", cursor_flag: "1" });
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "gives the terminal back before it ends on %s while a shell is attached",
    async (signal) => {
      const pane = tmux.open(`${agentd}; echo "<ended $?>"; stty -a`);
      panes.push(pane);
      await pane.waitFor("q quit");
      await pick(pane, "alpha");
      pane.type("Enter");
      await pane.waitFor("[attached alpha");
      process.kill(clientPid(pane), signal);
      await pane.waitFor(/<status \d+>/);
      const status = { SIGTERM: 143, SIGINT: 130 }[signal];
      const screen = pane.capture();
      expect(screen).toContain(`<ended ${status}>`);
      expect(screen).toMatch(/ icanon /);
      expect(pane.modes()).toMatchObject({ alternate_on: "0", mouse_sgr_flag: "0", cursor_flag: "1" });
      await until("nobody is attached", () => shell("alpha")?.clients === 0);
    },
  );

  it("gives the terminal back while it is stopped, and draws everything anew afterwards", async () => {
    const pane = tmux.open("exec bash --norc --noprofile -i");
    panes.push(pane);
    await pane.waitFor(/[$#]/);
    pane.type(agentd, "Enter");
    await pane.waitFor("q quit");
    await pane.waitFor(/ alpha +● live/);
    pane.type("C-z");
    await pane.waitFor("Stopped");
    expect(pane.modes()).toMatchObject({ alternate_on: "0", mouse_sgr_flag: "0", cursor_flag: "1" });
    pane.type("fg", "Enter");
    await pane.waitFor(/ alpha +● live/);
    await selects(pane, "alpha");
    pane.type("q");
    await until("the shell is back", () => pane.modes().alternate_on === "0");
  });
});
