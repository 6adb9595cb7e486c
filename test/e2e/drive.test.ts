// The verbs that scripts and agents drive shells with, through the built command line, on real bash.
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandTable } from "../../client/cli/command-table.js";
import { program, type RunResult, Sandbox } from "../support/sandbox.js";
import { until } from "../support/until.js";

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

describe("driving shells", () => {
  let sandbox: Sandbox;
  beforeAll(() => {
    sandbox = new Sandbox();
  });
  afterAll(() => sandbox.dispose());

  const run = (...args: string[]): RunResult => sandbox.run(args);
  const json = (...args: string[]) => JSON.parse(run(...args).stdout);
  const make = (name: string, ...flags: string[]) => {
    expect(run("new", "-d", "--local", name, ...flags, "--", "bash", "--norc").status).toBe(0);
    expect(run("wait", name, "--prompt", "--timeout", "20s")).toMatchObject({ status: 0 });
  };
  /** A command that goes on; ended with the test. */
  const start = (...args: string[]): Running => {
    const child = spawn(process.execPath, [program("agentd"), ...args], {
      env: sandbox.env,
      cwd: sandbox.home,
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    return { child, output: () => text, ended };
  };

  it("labels: sets, prints, removes, and ls and kill choose by them", () => {
    make("lab", "--label", "team=x");
    expect(run("label", "lab", "stage=ci", "url=a=b")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(run("label", "lab").stdout).toBe("team=x\nstage=ci\nurl=a=b\n");
    expect(json("label", "lab", "team-", "url=", "--json")).toEqual({
      v: 1,
      name: "lab",
      labels: { stage: "ci" },
    });
    expect(run("ls", "-q", "-l", "stage=ci").stdout).toBe("lab\n");
    expect(run("label", "lbb", "a=b")).toMatchObject({ status: 2 });
    expect(run("label", "lab", "nonsense")).toMatchObject({ status: 64 });
    expect(json("kill", "-l", "stage=ci", "--json")).toMatchObject({ v: 1, shells: [{ name: "lab" }] });
  });

  it("a client without a terminal leaves no trace in which shell was attached last", () => {
    make("seen");
    expect(run("wait", "seen", "--idle", "100ms").status).toBe(0);
    expect(json("rpc", "shell.info", '{"name":"seen"}').shell.attachedAt).toBeUndefined();
  });

  it("gives the lines around a match in JSON too", () => {
    make("around");
    run("send", "around", "clear; printf '%s\\n' one two three four; echo en''d", "Enter");
    expect(run("wait", "around", "--text", "^end$", "--timeout", "20s").status).toBe(0);
    expect(json("grep", "^two$", "around", "-C", "1", "--json").matches).toMatchObject([
      { text: "two", before: ["one"], after: ["three"] },
    ]);
    expect(json("grep", "^two$", "around", "--json").matches[0].before).toBeUndefined();
  });

  it("daemon log-level answers in JSON", () => {
    expect(json("daemon", "log-level", "debug", "--json")).toEqual({ v: 1, level: "debug", before: "info" });
    expect(json("daemon", "log-level", "info", "--json")).toEqual({ v: 1, level: "info", before: "debug" });
  });

  it("captures as text, data and page, and joins long lines", () => {
    make("cap", "--size", "40x10");
    run(
      "send",
      "cap",
      "clear; printf '\\033[1;31m<red>\\033[m plain\\n'; printf 'x%.0s' $(seq 50); echo; echo en''d",
      "Enter",
    );
    expect(run("wait", "cap", "--text", "^end$", "--timeout", "20s")).toMatchObject({
      status: 0,
      stdout: "end\n",
    });
    const data = json("capture", "cap", "--json");
    expect(data).toMatchObject({ v: 1, name: "cap", cols: 40, rows: 10, alternate: false, start: 0 });
    const text = run("capture", "cap").stdout;
    expect(
      data.lines
        .map((line: { text: string }) => `${line.text}\n`)
        .join("")
        .trimEnd(),
    ).toBe(text.trimEnd());
    const red = data.lines.find((line: { text: string }) => line.text === "<red> plain");
    expect(red.spans).toEqual([
      { text: "<red>", width: 5, fg: 1, bold: true },
      { text: " plain", width: 6 },
    ]);
    expect(run("capture", "cap", "--html").stdout).toContain('font-weight:bold">&lt;red&gt;</span> plain');
    expect(run("capture", "cap", "--join").stdout).toContain(`\n${"x".repeat(50)}\n`);
    expect(run("capture", "cap", "-S", "0", "-E", "0").stdout.split("\n")).toHaveLength(2);
    const some = run("capture", "cap", "-S", "0", "-E", "2");
    expect(some.stdout.split("\n")).toHaveLength(4);
    expect(run("capture", "cap", "-S", "2", "-E", "0")).toEqual(some);
    expect(run("capture", "cap", "--html", "--json")).toMatchObject({ status: 64 });
  });

  it("waits: fulfilled 0, impossible 1, unknown 2, wrong use 64, timeout 124", () => {
    make("w");
    run("send", "w", "sleep 0.5; echo do''ne", "Enter");
    expect(json("wait", "w", "--text", "^do.e$", "--timeout", "20s", "--json")).toEqual({
      v: 1,
      name: "w",
      condition: "text",
      line: "done",
    });
    // It is there already: as old text it counts, as new text it does not.
    expect(run("wait", "w", "--text", "^done$")).toMatchObject({ status: 0 });
    const missed = run("wait", "w", "--text", "^done$", "--new", "--timeout", "300ms");
    expect(missed).toMatchObject({ status: 124, stdout: "" });
    expect(json("wait", "w", "--text", "never", "--timeout", "100ms", "--json")).toMatchObject({
      error: { code: "timeout" },
    });
    expect(run("wait", "w", "--idle", "300ms", "--timeout", "20s")).toMatchObject({ status: 0 });
    for (const wrong of [
      [],
      ["--text", "("],
      ["--idle", "soon"],
      ["--prompt", "--exit"],
      ["--prompt", "--new"],
    ]) {
      expect(run("wait", "w", ...wrong)).toMatchObject({ status: 64, stdout: "" });
    }
    run("send", "w", "sleep 0.5; exit 3", "Enter");
    expect(run("wait", "w", "--text", "never")).toMatchObject({
      status: 1,
      stderr: "w exited (3) before 'never' came\n",
    });
    expect(run("wait", "w", "--exit")).toMatchObject({ status: 0, stdout: "3\n" });
    expect(json("wait", "w", "--exit", "--json")).toEqual({
      v: 1,
      name: "w",
      condition: "exit",
      exitCode: 3,
    });
    expect(run("wait", "w", "--prompt")).toMatchObject({ status: 1 });
    expect(run("wait", "ww", "--exit")).toMatchObject({ status: 2 });
  });

  it("waits for a prompt through a command and in a nested shell, by marks where there are some", () => {
    make("p");
    // What a command prints first says that the prompt before it is none any more.
    const begun = (text: string) =>
      expect(run("wait", "p", "--text", text, "--timeout", "20s")).toMatchObject({ status: 0 });
    run("send", "p", "echo sl''eeps; sleep 1; touch slept", "Enter");
    begun("^sleeps$");
    expect(run("wait", "p", "--prompt", "--timeout", "20s")).toMatchObject({ status: 0 });
    expect(run("send", "p", "ls slept && PS1='nested$ ' bash --norc", "Enter").status).toBe(0);
    begun("^nested\\$$");
    expect(run("wait", "p", "--prompt", "--timeout", "20s")).toMatchObject({ status: 0 });
    run("send", "p", "echo ca''ts; cat", "Enter");
    begun("^cats$");
    expect(run("wait", "p", "--prompt", "--timeout", "1s")).toMatchObject({ status: 124 });
    run("send", "p", "C-d");
    run("send", "p", "PS1='\\[\\e]133;A\\e\\\\\\]no prompt at all \\[\\e]133;B\\e\\\\\\]'", "Enter");
    begun("^no prompt at all$");
    expect(run("wait", "p", "--prompt", "--timeout", "20s")).toMatchObject({ status: 0 });
    expect(json("rpc", "shell.info", '{"name":"p"}').shell.prompt).toEqual({ phase: "input" });
  });

  it("tails, and follows across a restart of the daemon until the shell ends", async () => {
    make("t");
    run("send", "t", "seq 1 20", "Enter");
    run("wait", "t", "--text", "^20$", "--timeout", "20s");
    run("wait", "t", "--prompt", "--timeout", "20s");
    expect(run("tail", "-n", "3", "t").stdout).toBe("19\n20\n$\n");
    expect(json("tail", "-n", "2", "--json", "t")).toEqual({ v: 1, name: "t", lines: ["20", "$"] });
    const follow = start("tail", "-n", "2", "-f", "t");
    await until("tail has begun", () => follow.output().includes("20\n"));
    run(
      "send",
      "t",
      "for i in 1 2 3; do printf '\\r%d%%' $i; done; printf '\\n\\033[31mred\\033[m\\n'",
      "Enter",
    );
    await until("the coloured line", () => follow.output().includes("\nred\n"));
    expect(follow.output()).toContain("\n3%\nred\n");
    expect(run("daemon", "restart").status).toBe(0);
    run("send", "t", "echo af''ter; exit 7", "Enter");
    expect(await follow.ended).toBe(0);
    expect(follow.output()).toContain("\nafter\n");
    expect(follow.output().match(/^red$/gm)).toHaveLength(1);
    expect(follow.output()).not.toMatch(/\u001b/);
    expect(run("tail", "nobody")).toMatchObject({ status: 2 });
  });

  it("ends tail -f with 130 on Ctrl-C, and quietly when its reader goes", async () => {
    make("int");
    const follow = start("tail", "-f", "int", "--json");
    run("send", "int", "echo he''re", "Enter");
    await until("a line as JSON", () => follow.output().includes('{"v":1,"line":"here"}\n'));
    follow.child.kill("SIGINT");
    expect(await follow.ended).toBe(130);
    const gone = start("tail", "-f", "int");
    await until("it is attached", () =>
      json("ls", "--json").shells.some(
        (shell: { name: string; clients: number }) => shell.name === "int" && shell.clients > 0,
      ),
    );
    gone.child.stdout?.destroy();
    run("send", "int", "yes | head -c 300000", "Enter");
    expect(await gone.ended).toBe(0);
  });

  it("finds text in every shell's screen and history", () => {
    for (const name of ["g1", "g2"]) {
      make(name);
      run("send", name, `seq 1 200; echo need''le-${name}`, "Enter");
      run("wait", name, "--text", "^needle", "--timeout", "20s");
    }
    expect(run("grep", "^needle").stdout).toBe("g1:needle-g1\ng2:needle-g2\n");
    expect(run("grep", "^NEEDLE", "g2", "-i")).toMatchObject({ status: 0, stdout: "g2:needle-g2\n" });
    expect(run("grep", "^100$", "g1", "-C", "1").stdout).toBe("g1-99\ng1:100\ng1-101\n");
    const [match] = json("grep", "^100$", "g1", "--json").matches;
    expect(match).toMatchObject({ name: "g1", text: "100" });
    expect(run("capture", "g1", "-S", String(match.line), "-E", String(match.line)).stdout).toBe("100\n");
    expect(run("grep", "nowhere-to-be-seen")).toMatchObject({ status: 1, stdout: "" });
    expect(run("grep", "x", "nobody")).toMatchObject({ status: 2 });
    expect(run("grep", "(")).toMatchObject({ status: 64 });
  });

  it("tells events from the beginning, and goes on with the next daemon", async () => {
    make("e");
    const follow = start("events", "--json");
    const lines = () =>
      follow
        .output()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    await until("the snapshot", () => lines()[0]?.kind === "snapshot");
    expect(lines()[0].shells.map((shell: { name: string }) => shell.name)).toContain("e");
    run("label", "e", "a=b");
    await until("the label", () =>
      lines().some((event) => event.kind === "changed" && event.shell.labels.a === "b"),
    );
    run("daemon", "restart");
    await until("another snapshot", () => lines().filter((event) => event.kind === "snapshot").length === 2);
    expect(lines().some((event) => event.kind === "lost")).toBe(true);
    run("kill", "e");
    await until("its end", () => lines().some((event) => event.kind === "forgotten" && event.name === "e"));
    follow.child.kill("SIGINT");
    await follow.ended;
  });

  it("calls any method, and says what is wrong with a call", () => {
    expect(json("rpc", "daemon.status")).toMatchObject({ v: 1 });
    expect(run("rpc", "no.such")).toMatchObject({ status: 69, stdout: "" });
    for (const slip of ["shell.lits", "list"])
      expect(run("rpc", slip).stderr).toBe(`no method '${slip}' · did you mean 'shell.list'?\n`);
    const secret = '{"name":"nobody","target":{"kind":"agentcore","runtimeArn":"x","bearerToken":"a.b.c"}}';
    const warned = run("rpc", "shell.new", secret).stderr.split("\n");
    expect(warned[0]).toMatch(
      /^other users of this machine can see the bearerToken .* better: bearerTokenFile/,
    );
    expect(warned[1]).toContain("bad runtime ARN 'x'");
    expect(run("rpc", "shell.new", secret, "-q").stderr).not.toContain("other users");
    expect(run("rpc", "shell.info", '{"name":"nobody"}')).toMatchObject({ status: 2, stdout: "" });
    expect(run("rpc", "shell.info", "[]")).toMatchObject({ status: 64 });
    expect(run("rpc", "shell.attach", "{}")).toMatchObject({ status: 64 });
    expect(json("rpc", "shell.info", '{"name":"nobody"}', "--json")).toMatchObject({
      error: { code: "shell_not_found" },
    });
  });

  it("sends keys as keys, text as text, a paste whole, and adds no Enter", () => {
    make("s");
    run("send", "s", "cat > typed", "Enter");
    run("wait", "s", "--idle", "300ms");
    run("send", "s", "-l", "C-c Enter", " é");
    expect(run("capture", "s").stdout).not.toContain("^C");
    run("send", "s", "Enter", "C-d");
    const big = Array.from({ length: 3000 }, (_, index) => `line ${index} ${"p".repeat(60)}`).join("\n");
    run("wait", "s", "--prompt", "--timeout", "20s");
    run("send", "s", "cat > pasted", "Enter");
    run("wait", "s", "--idle", "300ms");
    expect(sandbox.run(["send", "s", "--paste", "-", "--json"], { input: `${big}\n` })).toMatchObject({
      status: 0,
    });
    run("send", "s", "C-d");
    expect(run("wait", "s", "--prompt", "--timeout", "20s").status).toBe(0);
    run("send", "s", "cat typed; grep -c ppp pasted", "Enter");
    expect(run("wait", "s", "--text", "^C-c Enter \u00e9$", "--timeout", "20s").status).toBe(0);
    expect(run("wait", "s", "--text", "^3000$", "--timeout", "20s").status).toBe(0);
  });

  it("pastes from a pipe that is slower than it, and no text that is not text", async () => {
    make("slow");
    run("send", "slow", "cat > piped", "Enter");
    run("wait", "slow", "--idle", "300ms");
    const { child, ended } = start("send", "slow", "--paste", "-");
    child.stdin?.write("first\n");
    // Meanwhile it has read that, and finds nothing more.
    run("wait", "slow", "--idle", "500ms");
    child.stdin?.end("second\n");
    expect(await ended).toBe(0);
    run("send", "slow", "C-d");
    expect(run("wait", "slow", "--prompt", "--timeout", "20s").status).toBe(0);
    run("send", "slow", "clear; cat piped", "Enter");
    expect(run("wait", "slow", "--text", "^second$", "--timeout", "20s").status).toBe(0);
    expect(run("capture", "slow").stdout).toContain("first\nsecond\n");
    writeFileSync(join(sandbox.home, "latin1"), Buffer.from([0x67, 0x72, 0xfc, 0x6e]));
    expect(run("send", "slow", "--paste", "latin1")).toMatchObject({
      status: 64,
      stderr: "'latin1' is not UTF-8 text\n",
    });
  });

  it("answers in JSON, every command that has an answer", () => {
    const without = commandTable.filter(({ flags }) => flags?.["json"] === undefined).map(({ name }) => name);
    expect(without.filter((name) => !["attach", "completion", "runtime", "tui"].includes(name))).toEqual([]);
    expect(json("new", "-d", "--local", "j", "--json")).toMatchObject({
      v: 1,
      created: true,
      shell: { name: "j" },
    });
    expect(json("rename", "j", "k", "--json")).toEqual({ v: 1, from: "j", name: "k" });
    expect(json("resize", "k", "90x20", "--json")).toMatchObject({ v: 1, shell: { cols: 90, rows: 20 } });
    expect(json("detach", "k", "--json")).toEqual({ v: 1, name: "k", detached: 0 });
    expect(json("send", "k", "x", "--json")).toEqual({ v: 1, name: "k", bytes: 1 });
    expect(json("version", "--json")).toMatchObject({ v: 1 });
    expect(json("kill", "k", "nobody", "--json")).toMatchObject({
      shells: [{ name: "k" }, { error: { code: "shell_not_found" } }],
    });
  });
}, 120_000);
