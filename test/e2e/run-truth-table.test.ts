// `run` against the same words given to `SHELL -c`: equal in status and in bytes, in four kinds of shells.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { RunClient } from "../support/run-client.js";
import { Sandbox } from "../support/sandbox.js";
import { until } from "../support/until.js";

type Kind = "bash" | "zsh" | "fish" | "dash";

interface Row {
  readonly what: string;
  readonly command: string;
  /** In the words of fish; null: it has none. */
  readonly fish?: string | null;
  /** Messages name the shell and the line differently. */
  readonly compare?: "status";
  /** Where an interactive shell is to differ from `-c`. */
  readonly expect?: { readonly exitCode: number | Readonly<Partial<Record<Kind, number>>> };
  readonly only?: readonly Kind[];
}

const shells: Readonly<Record<Kind, readonly string[]>> = {
  bash: ["bash", "--norc", "--noprofile"],
  zsh: ["zsh", "-f"],
  fish: ["fish", "--no-config"],
  dash: ["dash"],
};

/** All names that a shell holds: variables, and functions where it tells them. */
const names: Readonly<Record<Kind, string>> = {
  bash: "compgen -v; compgen -A function; compgen -a",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
  zsh: "print -l ${(k)parameters} ${(k)functions} ${(k)aliases}",
  fish: "set -n; functions -an",
  dash: "set | sed -n 's/^\\([A-Za-z_][A-Za-z_0-9]*\\)=.*/\\1/p'",
};

const octal = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `\\${(from + index).toString(8).padStart(3, "0")}`).join(
    "",
  );

const rows: readonly Row[] = [
  { what: "a word", command: "echo hello" },
  { what: "true", command: "true" },
  { what: "false", command: "false" },
  { what: "nothing", command: "" },
  { what: "blanks", command: "   " },
  { what: "an empty line", command: "\n\n" },
  { what: "a comment", command: "# nothing" },
  { what: "a comment at the end", command: "echo x # nothing" },
  { what: "a comment before a line", command: "# first\necho second" },
  { what: "a status", command: "sh -c 'exit 42'" },
  { what: "exit in a subshell", command: "(exit 3)", fish: null },
  { what: "255", command: "sh -c 'exit 255'" },
  { what: "two lines", command: "echo one\necho two" },
  { what: "the last line counts", command: "false\ntrue" },
  { what: "a list", command: "false || echo or; true && echo and" },
  { what: "a pipeline", command: "printf 'b\\na\\n' | sort | cat" },
  { what: "the status of a pipeline", command: "true | false" },
  { what: "single quotes", command: "echo 'a  b' 'c\"d'" },
  { what: "double quotes", command: 'echo "a  b" "c\'d"' },
  { what: "escaped quotes", command: 'echo it\\\'s \\"quoted\\"' },
  { what: "backslashes", command: "printf '%s\\n' 'a\\b' 'c\\\\d' \"e\\\\f\"" },
  { what: "exclamation marks", command: "echo 'wow!!' '!x' !" },
  { what: "carets and braces", command: "printf '%s\\n' 'a^b^c' '{x}' '^a'" },
  { what: "dollars", command: "printf '%s\\n' '$HOME' '$(x)' '`x`' '$$'" },
  { what: "tabs", command: "printf '%s\\n' 'a\tb'\t'c'" },
  { what: "a tab that could complete", command: "echo /e\t/us\t" },
  { what: "unicode", command: "echo 'häuser 日本語 🎉 é'" },
  { what: "percent signs", command: "printf '%s %%d\\n' 5%s" },
  { what: "globs", command: "cd / && echo /et[c]", fish: "cd / && echo /etc" },
  { what: "a heredoc", command: 'cat <<EOF\na  "b"\n\t$((1+2)) \\$x\nEOF', fish: null },
  { what: "a quoted heredoc", command: "cat <<'EOF'\n$x `y` \\z\nEOF\necho after", fish: null },
  { what: "a heredoc without an end", command: "cat <<EOF\nunfinished", fish: null, compare: "status" },
  { what: "a loop", command: "for i in 1 2 3\ndo echo $i\ndone", fish: "for i in 1 2 3\necho $i\nend" },
  {
    what: "if",
    command: "if true; then echo y; else echo n; fi",
    fish: "if true; echo y; else; echo n; end",
  },
  { what: "case", command: "case abc in a*) echo a;; *) echo b;; esac", fish: null },
  {
    what: "a function",
    command: "f() { echo in $1; return 4; }; f x",
    fish: "function f; echo in $argv; return 4; end; f x",
  },
  { what: "arithmetic", command: "echo $((6 * 7))", fish: "math 6 x 7" },
  { what: "command substitution", command: "echo $(echo a; echo b)", fish: "echo (echo a; echo b)" },
  { what: "no newline at the end", command: "printf abc" },
  { what: "only newlines", command: "printf '\\n\\n\\n'" },
  { what: "CR LF of its own", command: "printf 'a\\r\\nb\\r\\n'" },
  { what: "CR CR LF", command: "printf 'a\\r\\r\\nb\\r'" },
  { what: "progress", command: "printf '1%%\\r2%%\\r3%%\\n'" },
  { what: "NUL", command: "printf 'a\\000b\\n'" },
  { what: "all 256 bytes", command: `printf '${octal(0, 256)}'` },
  { what: "bytes that are no UTF-8", command: "printf '\\377\\376\\200\\303('" },
  { what: "colours", command: "printf '\\033[31mred\\033[0m\\n'" },
  { what: "OSC 133", command: "printf '\\033]133;A\\007\\033]133;D;7\\007$ \\033[?2004h'" },
  { what: "another screen", command: "printf '\\033[?1049h\\033[2Jx\\033[?1049l'" },
  {
    what: "what looks like a marker",
    command: "printf '\\033]7717;agentd;0123456789abcdef0123456789abcdef;end;0\\007'",
  },
  { what: "half a marker", command: "printf '\\033]7717;agentd;'" },
  { what: "an unfinished sequence", command: "printf '\\033]0;title'; printf '\\033'" },
  { what: "stderr in its order", command: "echo out; echo err >&2; echo out" },
  { what: "redirections", command: "echo gone >/dev/null; echo x 2>&1" },
  { what: "no input", command: "cat </dev/null; echo $?", fish: "cat </dev/null; echo $status" },
  { what: "10,000 lines", command: "seq 10000" },
  { what: "a long line of output", command: "head -c 100000 /dev/zero | tr '\\0' x" },
  { what: "a command of 64 KB", command: `printf '%s' ${"0123456789abcdef".repeat(4096)} | wc -c` },
  {
    what: "a command of 1,000 lines",
    command: Array.from({ length: 1000 }, (_, n) => `echo ${n}`).join("\n"),
  },
  { what: "long quoted lines", command: `printf '%s' '${"it is\n".repeat(2000)}' | cksum` },
  { what: "killed by KILL", command: "sh -c 'kill -KILL $$'", compare: "status" },
  { what: "killed by TERM", command: "sh -c 'kill -TERM $$'", compare: "status" },
  {
    what: "killed by INT",
    command: "sh -c 'kill -INT $$'; true",
    expect: { exitCode: 130 },
    only: ["bash", "dash"],
  },
  { what: "an unknown command", command: "no-such-command-here", compare: "status" },
  { what: "a file that is no program", command: "/etc/passwd", compare: "status" },
  { what: "an unfinished quote", command: "echo 'a", compare: "status", fish: null },
  { what: "a syntax error", command: "echo a; )", compare: "status", fish: null },
  { what: "a syntax error in fish", command: "end", only: ["fish"], expect: { exitCode: 123 } },
  { what: "an unfinished if", command: "if true; then", compare: "status", fish: null },
  { what: "an unset variable", command: 'echo "[$no_such_variable_here]"' },
  {
    what: "the variable's own error",
    command: "(set -u; echo $no_such_variable_here)",
    compare: "status",
    fish: null,
  },
  {
    what: "an error that aborts the line",
    command: "set -u; echo $no_such_variable_here; echo not here",
    expect: { exitCode: { bash: 1, zsh: 1, dash: 2 } },
    fish: null,
  },
  { what: "and its end", command: "set +u", fish: null },
  {
    what: "another",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
    command: 'echo ${nope_here?"is missing"}; echo not here',
    expect: { exitCode: { bash: 1, zsh: 1, dash: 2 } },
    fish: null,
  },
  { what: "set -e in a subshell", command: "(set -e; false; echo no); echo $?", fish: null },
  { what: "echo off and on", command: "stty -echo; echo x; stty echo", expect: { exitCode: 0 } },
  { what: "a job in the background", command: "sleep 0.1 & wait", expect: { exitCode: 0 } },
  { what: "eval", command: "eval 'echo a; false'" },
  { what: "braces in braces", command: "{ echo a; { echo b; }; }", fish: null },
  { what: "the status before is 0", command: "echo $?", fish: "echo $status" },
];

describe.each(Object.entries(shells) as [Kind, readonly string[]][])("run in %s", (kind, shell) => {
  const isMissing = spawnSync("sh", ["-c", `command -v ${kind}`]).status !== 0;
  let sandbox: Sandbox;
  let client: RunClient;
  let namesBefore: string[] = [];
  beforeAll(async () => {
    if (isMissing) return;
    sandbox = new Sandbox();
    sandbox.run(["new", "x", "-d", "--", ...shell]);
    client = await RunClient.open(sandbox.socketPath);
    // Keys that come before the prompt are kept for it by the terminal.
    namesBefore = await typed(names[kind]);
  });
  afterAll(() => {
    client?.close();
    sandbox?.dispose();
  });
  const wordsOf = (row: Row) =>
    kind === "fish" ? (row.fish === undefined ? row.command : row.fish) : row.command;
  const mine = rows.filter((row) => wordsOf(row) !== null && (row.only?.includes(kind) ?? true));
  const run = (command: string, onOutput?: () => void) => client.run("x", command, {}, onOutput);
  let typings = 0;
  /** What a command printed that was typed as people type, line by line. */
  const typed = async (command: string): Promise<string[]> => {
    const [open, close] = kind === "fish" ? ["begin;", "end"] : ["{", "}"];
    const file = join(sandbox.home, `typed-${++typings}`);
    await client.send("x", `${open} ${command}; ${close} >${file}; echo >${file}.done\r`);
    await until(`${command} is over`, () => existsSync(`${file}.done`));
    return readFileSync(file, "utf8").trimEnd().split("\n");
  };

  it.skipIf(isMissing).each(mine)("$what", async (row) => {
    const command = wordsOf(row) ?? "";
    const ran = await run(command);
    const { compare, expect: expected } = row;
    if (expected !== undefined) {
      const { exitCode } = expected;
      expect(ran).toMatchObject({ exitCode: typeof exitCode === "number" ? exitCode : exitCode[kind] });
      expect(ran.output.toString()).not.toContain("not here");
      return;
    }
    const words = ["-c", 'exec "$@" 2>&1', "sh", ...shell, "-c", command];
    const truth = spawnSync("sh", words, {
      env: sandbox.env,
      cwd: sandbox.home,
      maxBuffer: 64 * 1024 * 1024,
    });
    const status = truth.status ?? 128 + constants.signals[truth.signal ?? "SIGKILL"];
    if (compare === "status") expect({ ...ran, output: "" }).toMatchObject({ exitCode: status });
    else
      expect({ exitCode: ran.exitCode, output: ran.output.toString("latin1") }).toEqual({
        exitCode: status,
        output: truth.stdout.toString("latin1"),
      });
  });

  it.skipIf(isMissing)("keeps directory, variables and functions for the next run", async () => {
    const set =
      kind === "fish"
        ? "cd /usr; set -gx V 'a b'; function g; echo g-$argv; end"
        : "cd /usr; export V='a b'; g() { echo g-$1; }";
    expect(await run(set)).toMatchObject({ exitCode: 0 });
    expect((await run("pwd; sh -c 'echo \"$V\"'; g 1")).output.toString()).toBe("/usr\na b\ng-1\n");
  });

  it.skipIf(isMissing)("keeps 10 MB, byte for byte", async () => {
    const { exitCode, output } = await run("seq 1 1400000");
    expect(exitCode).toBe(0);
    expect(output.equals(spawnSync("seq", ["1", "1400000"], { maxBuffer: 1e8 }).stdout)).toBe(true);
  });

  it.skipIf(isMissing)("takes a hundred short ones in a row", async () => {
    for (let index = 0; index < 100; index++) {
      const ran = await run(`echo ${index}; sh -c 'exit ${index}'`);
      expect({ ...ran, output: ran.output.toString() }).toMatchObject({
        exitCode: index,
        output: `${index}\n`,
      });
    }
  });

  it.skipIf(isMissing)("a Ctrl-C ends it with 130, and what stood behind it is not run", async () => {
    let isSent = false;
    // A program of its own is in front by then: fish may lose a Ctrl-C between a builtin and a program (docs/run.md).
    const ran = await run("sh -c 'echo begun; exec sleep 60'; echo not here", () => {
      if (!isSent) void client.send("x", "\x03");
      isSent = true;
    });
    expect(ran.exitCode).toBe(130);
    expect(ran.output.toString()).toMatch(/^begun\n\^C\n*$/);
    expect(await run("true")).toMatchObject({ exitCode: 0 });
  });

  it.skipIf(isMissing)(
    "leaves nothing of itself on the screen, and the status for the next line",
    async () => {
      await run("sh -c 'exit 5'");
      await client.send("x", kind === "fish" ? "echo status-$status\r" : "echo status-$?\r");
      const screen = await until("the next line's answer", () => {
        const text = sandbox.run(["capture", "x"]).stdout;
        return text.includes("status-5\n") ? text : undefined;
      });
      expect(screen).not.toMatch(/stty -g|__agentd/);
    },
  );

  it.skipIf(isMissing)("leaves no name in the shell that was not there before", async () => {
    const after = await typed(names[kind]);
    const made = ["V", "f", "g", "i", "OLDPWD", "PIPESTATUS", "BASH_REMATCH", "_"];
    // What cd, sleep & and an unknown command leave in fish.
    if (kind === "fish") made.push("dirprev", "last_pid", "__kill_signals", "__fish_cd_direction");
    const known = new Set([...namesBefore, ...made]);
    expect(after.filter((name) => !known.has(name) && !/^__fish_(?:last|default)_/.test(name))).toEqual([]);
  });

  it.skipIf(isMissing)("leaves the history to those who type", async () => {
    if (kind === "dash") return;
    await typed("echo by hand");
    const lines = (await typed(kind === "zsh" ? "fc -l 1" : "history")).join("\n");
    expect(lines).toContain("by hand");
    if (kind !== "zsh") expect(lines).not.toMatch(/stty|__agentd|exit 99/);
    else {
      // zsh forgets a line with a space in front only when it is told to.
      expect(lines).toContain("stty");
      await typed("setopt HIST_IGNORE_SPACE");
      await run("echo 1");
      await run("echo 2");
      expect((await typed("fc -l 1")).at(-1)).toContain("HIST_IGNORE_SPACE");
    }
  });

  it.skipIf(isMissing)("ends with its shell's status and all of its bytes when that exits", async () => {
    const ran = await run("seq 20000; exit 9");
    // fish ends its line, and then itself.
    expect(ran).toMatchObject({ exitCode: 9, ...(kind === "fish" ? {} : { shellEnded: true }) });
    await until("the shell is over", () =>
      sandbox
        .json<{ shells: ShellInfo[] }>(["ls", "--json"])
        .shells.some(({ exitCode, state }) => state === "ended" && exitCode === 9),
    );
    const numbers = spawnSync("seq", ["20000"]).stdout.toString();
    // bash says so on stderr whenever it is interactive.
    expect(ran.output.toString()).toBe(numbers + (kind === "bash" ? "exit\n" : ""));
  });
});
