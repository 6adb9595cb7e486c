// The built command line in real terminals: what people see, what their terminal looks like afterwards, and the exit status.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { program, Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const agentd = `${process.execPath} ${program("agentd")}`;
const attach = (name: string, ...flags: string[]) => [agentd, "attach", name, ...flags].join(" ");

/** Whatever bash calls itself; a pane has no blanks at the end of a line. */
const PROMPT = /[$#]$/m;

describe.skipIf(!hasTmux)("attach in a terminal", () => {
  let sandbox: Sandbox;
  let tmux: Tmux;

  const shells = () => sandbox.json<{ shells: ShellInfo[] }>(["ls", "--json"]).shells;
  const shell = (name: string) => shells().find((candidate) => candidate.name === name);
  const daemonPid = () => sandbox.json<{ pid: number }>(["daemon", "status", "--json"]).pid;
  const make = (name: string, ...command: string[]) => {
    const words = command.length === 0 ? ["bash", "--norc", "--noprofile"] : command;
    expect(sandbox.run(["new", "-d", "--local", name, "--", ...words])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  };
  /** Attached, with the prompt on the screen. */
  const join = async (name: string, ...flags: string[]): Promise<Pane> => {
    const pane = tmux.open(attach(name, ...flags));
    await pane.waitFor(PROMPT);
    return pane;
  };
  const clientOf = (pane: Pane): number =>
    Number(
      spawnSync("pgrep", ["-P", String(pane.pid)], { encoding: "utf8" })
        .stdout.trim()
        .split("\n")[0],
    );

  beforeAll(() => {
    sandbox = new Sandbox();
    tmux = new Tmux(sandbox.env);
  });

  afterAll(() => {
    tmux.dispose();
    sandbox.dispose();
  });

  it("shows two terminals the same bytes, and each what is typed in the other", async () => {
    make("pair");
    const one = await join("pair");
    const two = await join("pair");
    one.type("echo from-$((1+1))-one", "Enter");
    await two.waitFor("from-2-one");
    two.type("echo from-$((2+2))-two", "Enter");
    await one.waitFor("from-4-two");
    await two.waitFor(/from-4-two\n.*[$#]/);
    await one.waitFor(/from-4-two\n.*[$#]/);
    expect(one.capture({ ansi: true })).toBe(two.capture({ ansi: true }));
    expect(one.cursor()).toEqual(two.cursor());
    expect(shell("pair")?.clients).toBe(2);
  });

  it("says how to leave, leaves on Ctrl-] d, and the shell keeps its process", async () => {
    make("leave");
    const pid = shell("leave")?.pid;
    const pane = await join("leave");
    await pane.waitFor("[attached leave · local · Ctrl-] d to detach]");
    pane.type("C-]", "d");
    expect(await pane.status()).toBe(0);
    expect(pane.capture()).toContain("[detached from leave · agentd attach leave]");
    expect(shell("leave")).toMatchObject({ pid, state: "live", clients: 0 });
  });

  it("blanks the connect line before the output reaches it", async () => {
    make("line");
    const pane = await join("line");
    await pane.waitFor("[attached line");
    pane.type("seq 100; echo end-$((4+4))", "Enter");
    await pane.waitFor("end-8");
    expect(pane.capture({ start: -1000 })).not.toContain("attached line");
    expect(pane.capture({ start: -1000 })).toMatch(/\n98\n99\n100\nend-8\n/);
  });

  it("keeps what the user had on the screen in the scrollback", async () => {
    make("scroll");
    const pane = tmux.open(`echo precious-line; ${attach("scroll")}`);
    await pane.waitFor("[attached scroll");
    expect(pane.capture()).not.toContain("precious-line");
    expect(pane.capture({ start: -100 })).toContain("precious-line");
  });

  it.each([
    ["exit 0", 0, "exited · 0 · "],
    ["exit 3", 3, "exited · 3 · "],
    ["kill -9 $$", 137, "exited · killed by signal 9 (137)]"],
  ])("ends with the status of the shell: %s", async (command, status, text) => {
    const name = `end-${status}`;
    make(name);
    const pane = await join(name);
    pane.type(command, "Enter");
    expect(await pane.status()).toBe(status);
    expect(pane.capture()).toContain(`[${name} ${text}`);
  });

  it("still tells the status of a shell that ended before", async () => {
    make("past", "sh", "-c", "exit 7");
    await until("it has ended", () => shell("past")?.state === "ended");
    expect(await tmux.open(attach("past")).status()).toBe(7);
  });

  it("makes and joins a shell with `new`, and joins or makes it with `new -A -s` and `attach -c`", async () => {
    const first = tmux.open(`${agentd} new fresh --local -- bash --norc --noprofile`);
    await first.waitFor(PROMPT);
    const second = tmux.open(`${agentd} new-session -A -s fresh`);
    await second.waitFor("[attached fresh");
    const third = tmux.open(attach("fresh", "-c", "--local"));
    await third.waitFor("[attached fresh");
    first.type("exit 5", "Enter");
    expect(await Promise.all([first, second, third].map((pane) => pane.status()))).toEqual([5, 5, 5]);
    const made = tmux.open(attach("made-here", "-c", "--local", "--", "bash", "--norc", "--noprofile"));
    await made.waitFor(PROMPT);
    expect(shell("made-here")).toMatchObject({ state: "live", clients: 1 });
  });

  it("gives a new shell the size of the terminal, and follows it", async () => {
    const pane = tmux.open(`${agentd} new sized --local -- bash --norc --noprofile`);
    await pane.waitFor(PROMPT);
    expect(shell("sized")).toMatchObject({ cols: 80, rows: 24 });
    tmux.run("resize-window", "-t", pane.id, "-x", "101", "-y", "31");
    await until("the new size", () => shell("sized")?.cols === 101 && shell("sized")?.rows === 31);
    pane.type("stty size", "Enter");
    await pane.waitFor("31 101");
  });

  it("watches with -r: no key arrives, which is said once, and the prefix works", async () => {
    make("watched");
    const pane = await join("watched", "-r");
    await pane.waitFor("[attached watched · local · read-only · Ctrl-] d to detach]");
    expect(pane.capture()).not.toContain("go nowhere");
    pane.type("echo never", "Enter");
    await pane.waitFor("[read-only · your keys go nowhere · Ctrl-] d detaches]");
    sandbox.run(["send", "watched", "echo visible", "Enter"]);
    await pane.waitFor(/^visible$/m);
    expect(pane.capture()).not.toContain("never");
    pane.type("more");
    sandbox.run(["send", "watched", "echo later", "Enter"]);
    await pane.waitFor(/^later$/m);
    expect(pane.capture().split("go nowhere")).toHaveLength(2);
    pane.type("C-]", "d");
    expect(await pane.status()).toBe(0);
  });

  it("says the way back by its path where agentd is not on the PATH", async () => {
    make("pathless");
    const pane = tmux.open(`cd / && PATH=${dirname(process.execPath)}:/usr/bin:/bin ${attach("pathless")}`);
    await pane.waitFor(PROMPT);
    pane.type("C-]", "d");
    expect(await pane.status()).toBe(0);
    expect(pane.capture().replaceAll(/\s/g, "")).toContain(
      `[detached from pathless · ${program("agentd").slice(1)} attach pathless]`.replaceAll(" ", ""),
    );
  });

  it("says over a full-screen program that its keys go nowhere, until the next key", async () => {
    make("pager", "sh", "-c", "printf '\\033[?1049h\\033[Hfull screen'; exec sleep 1000");
    const pane = tmux.open(attach("pager", "-r"));
    await pane.waitFor("full screen");
    pane.type("x");
    await pane.waitFor("[read-only · your keys go nowhere · Ctrl-] d detaches]");
    pane.type("y");
    await until("the line is gone", () => !pane.capture().includes("go nowhere"));
    expect(pane.capture()).toContain("full screen");
    pane.type("C-]", "d");
    expect(await pane.status()).toBe(0);
  });

  it("detaches from elsewhere with 0, with --detach-others with 0, and cuts off with --take with 254", async () => {
    make("crowd");
    const one = await join("crowd");
    expect(sandbox.run(["detach", "crowd"]).status).toBe(0);
    expect(await one.status()).toBe(0);
    const two = await join("crowd");
    const three = await join("crowd", "--detach-others");
    expect(await two.status()).toBe(0);
    const four = await join("crowd", "--take");
    expect(await three.status()).toBe(254);
    expect(three.capture()).toContain("[crowd was taken by another client · agentd attach --take crowd]");
    four.type("echo still-$((5+5))", "Enter");
    await four.waitFor("still-10");
  });

  it("comes back when the daemon was killed: the same screen, no line twice, and typing goes on", async () => {
    make("survivor");
    const pane = await join("survivor");
    pane.type("echo before-$((6+6))", "Enter");
    await pane.waitFor("before-12");
    const pid = shell("survivor")?.pid;
    process.kill(daemonPid(), "SIGKILL");
    // Asking starts the next daemon, if the client did not.
    await until("attached again", () => shell("survivor")?.clients === 1);
    pane.type("echo after-$((7+7))", "Enter");
    await pane.waitFor(/^after-14$/m);
    expect(pane.capture().match(/^before-12$/gm)).toHaveLength(1);
    expect(pane.capture().match(/^after-14$/gm)).toHaveLength(1);
    expect(shell("survivor")?.pid).toBe(pid);
  });

  it("says which keys a daemon that died may not have taken, and types none of them twice", async () => {
    make("doubt");
    const pane = await join("doubt");
    pane.type("echo proved", "Enter");
    await pane.waitFor(/^proved$/m);
    const pid = daemonPid();
    const written = () =>
      Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${clientOf(pane)}/io`, "utf8"))?.[1]);
    // What was typed before is proved by then: only the next keys count.
    await until("the last proof was asked for", async () => {
      const before = written();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return written() === before;
    });
    process.kill(pid, "SIGSTOP");
    const before = written();
    pane.type("echo lost");
    // The client has read the keys, and written them to a socket that nobody will ever read.
    await until("the keys are in the socket", () => written() >= before + "echo lost".length);
    process.kill(pid, "SIGKILL");
    await pane.waitFor("back · doubt · the last 9 B typed before may not have arrived");
    pane.type("echo goes-$((1+1))-on", "Enter");
    await pane.waitFor("goes-2-on");
    expect(pane.capture()).not.toMatch(/echo lost/);
  });

  it("comes back to the shell that was renamed, not to the one that has its old name now", async () => {
    make("first");
    const pane = await join("first");
    expect(sandbox.run(["rename", "first", "second"]).status).toBe(0);
    make("first");
    process.kill(daemonPid(), "SIGKILL");
    await until("attached again", () => shell("second")?.clients === 1);
    pane.type("echo this-is-$AGENTD_SHELL_ID", "Enter");
    await pane.waitFor(`this-is-${shell("second")?.shellId}`);
    pane.type(`${process.execPath} ${program("agentd")} detach; true`, "Enter");
    await until("detached from inside", () => shell("second")?.clients === 0);
  });

  it("gives the next daemon the environment of whoever restarted it, with terminals attached", async () => {
    make("waiting");
    const pane = await join("waiting");
    expect(sandbox.run(["daemon", "restart"], { env: { AWS_REGION: "eu-west-9" } }).status).toBe(0);
    await until("attached again", () => shell("waiting")?.clients === 1);
    expect(readFileSync(`/proc/${daemonPid()}/environ`, "utf8")).toContain("AWS_REGION=eu-west-9");
    pane.type("C-]", "d");
  });

  it("comes back after `daemon restart`, and ends with 254 after `daemon stop`", async () => {
    make("restarted");
    const pane = await join("restarted");
    expect(sandbox.run(["daemon", "restart"]).status).toBe(0);
    pane.type("echo restarted-$((8+8))", "Enter");
    await pane.waitFor("restarted-16");
    expect(sandbox.run(["daemon", "stop"]).status).toBe(0);
    expect(await pane.status()).toBe(254);
    expect(pane.capture()).toContain("[agentd was stopped · restarted lives on · agentd attach restarted]");
  });

  it("leaves at once while the daemon is frozen", async () => {
    make("frozen");
    const panes = [await join("frozen"), await join("frozen")];
    const pid = daemonPid();
    process.kill(pid, "SIGSTOP");
    try {
      panes[0]?.type("text", "C-]", "d");
      panes[1]?.type("C-]", ".");
      for (const pane of panes) expect(await pane.status()).toBe(0);
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });

  it("sends the prefix through when it is pressed twice, and shows the help", async () => {
    make("keys");
    const pane = await join("keys");
    pane.type("C-]", "?");
    await pane.waitFor("[Ctrl-] then: d detach");
    pane.type("cat -v", "Enter");
    pane.type("C-]", "C-]", "Enter");
    await pane.waitFor("^]");
  });

  describe("gives the terminal back", () => {
    const modesOn =
      "printf '\\033[?1049h\\033[?1000h\\033[?1003h\\033[?1006h\\033[?2004h\\033[?1h\\033=\\033[?25l\\033[4h\\033[5;10r\\033[31m\\033(0'";
    let before: Readonly<Record<string, string>>;
    const attached = async (name: string): Promise<Pane> => {
      make(name);
      const pane = tmux.open(
        `stty -a > ${sandbox.home}/before; ${attach(name)}; s=$?; stty -a > ${sandbox.home}/after; (exit $s)`,
      );
      await pane.waitFor(PROMPT);
      before = pane.modes();
      pane.type(`${modesOn}; stty raw; printf modes-on; sleep 1000`, "Enter");
      await until("the modes", () => pane.modes().alternate_on === "1" && pane.modes().cursor_flag === "0");
      return pane;
    };
    const expectRestored = async (pane: Pane, status: number) => {
      expect(await pane.status()).toBe(status);
      expect(pane.modes()).toEqual(before);
      const [first, second] = ["before", "after"].map(
        (file) => spawnSync("cat", [`${sandbox.home}/${file}`], { encoding: "utf8" }).stdout,
      );
      expect(second).toBe(first);
      expect(second).toContain(" icanon");
    };

    it("on detach", async () => {
      const pane = await attached("back-detach");
      pane.type("C-]", "d");
      await expectRestored(pane, 0);
    });

    it("when the shell is killed", async () => {
      const pane = await attached("back-exit");
      sandbox.run(["kill", "back-exit"]);
      expect([129, 137, 143]).toContain(await pane.status());
      await expectRestored(pane, await pane.status());
    });

    it.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)("on %s", async (signal) => {
      const pane = await attached(`back-${signal}`);
      process.kill(clientOf(pane), signal);
      await expectRestored(pane, 254);
    });

    it("when the daemon dies for good", async () => {
      const pane = await attached("back-daemon");
      sandbox.run(["daemon", "stop"]);
      await expectRestored(pane, 254);
    });

    it("while it is stopped with SIGTSTP, and takes it again with SIGCONT", async () => {
      const pane = await attached("back-stop");
      const client = clientOf(pane);
      process.kill(client, "SIGTSTP");
      await until(
        "the modes are off",
        () => pane.modes().alternate_on === "0" && pane.modes().cursor_flag === "1",
      );
      process.kill(client, "SIGCONT");
      await until(
        "the screen is back",
        () => pane.modes().alternate_on === "1" && pane.modes().cursor_flag === "0",
      );
    });
  });

  it("does not nest by accident", async () => {
    make("outer");
    const pane = await join("outer");
    pane.type(`${attach("outer")}; echo nested-$?`, "Enter");
    await pane.waitFor("nested-255");
    expect(pane.capture()).toContain("this is inside shell 'outer' already");
  });

  it("answers an unknown name with 255 and a suggestion", async () => {
    make("work");
    const pane = tmux.open(attach("wrok"));
    expect(await pane.status()).toBe(255);
    expect(pane.capture()).toContain("no shell 'wrok' · did you mean 'work'?");
  });

  it("says nothing with -q", async () => {
    make("quiet");
    const pane = tmux.open(attach("quiet", "-q"));
    await pane.waitFor(PROMPT);
    pane.type("C-]", "d");
    expect(await pane.status()).toBe(0);
    expect(pane.capture()).not.toContain("[");
  });
});
