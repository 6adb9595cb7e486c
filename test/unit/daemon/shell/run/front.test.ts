// Who is in front: what the kernel tells of a local shell, and what only the screen can tell of one elsewhere.
import { describe, expect, it } from "vitest";
import { frontByProcess, frontByScreen, type ScreenEvidence } from "../../../../../daemon/shell/run/front.js";
import type { ProcessHost, TerminalMode } from "../../../../../daemon/shell/run/process-host.js";

const screen = (beforeCursor: string, more: Partial<ScreenEvidence> = {}): ScreenEvidence => ({
  isAlternate: false,
  bracketedPaste: false,
  beforeCursor,
  ...more,
});
const editor: TerminalMode = { canonical: false, echo: false };
const plain: TerminalMode = { canonical: true, echo: true };

function host(
  program: string,
  mode: TerminalMode | undefined,
  { pid = 7, args = [] as string[] } = {},
): ProcessHost {
  return {
    foreground: async () => ({ pid, program, name: program, args }),
    terminalMode: async () => mode,
    startOf: async () => undefined,
  };
}

describe("frontByProcess", () => {
  it.each([
    ["bash at its prompt", host("bash", editor), "prompt"],
    ["bash that runs a loop", host("bash", plain), "other"],
    ["dash at its prompt", host("dash", plain), "prompt"],
    ["dash that reads a password", host("dash", { canonical: true, echo: false }), "other"],
    ["dash in raw mode, where Enter ends no line", host("dash", editor), "other"],
    ["vim", host("vim.basic", editor), "other"],
    ["python's prompt", host("python3.11", editor), "other"],
    ["sudo", host("sudo", { canonical: true, echo: false }), "other"],
    ["a nested zsh", host("zsh", editor, { pid: 8 }), "prompt"],
    [
      "a nested shell with options",
      host("bash", editor, { pid: 8, args: ["--rcfile", "x", "-i"] }),
      "prompt",
    ],
    ["a script", host("dash", plain, { pid: 8, args: ["build.sh"] }), "other"],
    ["sh -c", host("dash", plain, { pid: 8, args: ["-c", "read x"] }), "other"],
    ["a script that is the shell itself", host("dash", plain, { args: ["build.sh"] }), "other"],
    ["fish with a command to begin with", host("fish", editor, { args: ["-C", "true"] }), "prompt"],
    ["busybox sh", host("busybox", editor, { pid: 8, args: ["sh"] }), "prompt"],
  ])("%s", async (_what, processes, kind) => {
    expect((await frontByProcess(processes, 7, screen("$ ")))?.kind).toBe(kind);
  });

  it("does not know what the kernel does not tell", async () => {
    const unknown = async () => undefined;
    const blind: ProcessHost = { foreground: unknown, terminalMode: unknown, startOf: unknown };
    expect(await frontByProcess(blind, 7, screen("$ "))).toBeUndefined();
  });
});

describe("frontByScreen", () => {
  it.each(["$ ", "root@host:/# ", "~ % ", "user@host ~> ", "❯ ", "(venv) me$ ", "(base) x@y:~$"])(
    "takes '%s' for a shell's prompt",
    (line) => {
      expect(frontByScreen(screen(line)).kind).toBe("prompt");
    },
  );

  it.each([
    ">>> ",
    "... ",
    "In [3]: ",
    "(gdb) ",
    "(Pdb) ",
    "mysql> ",
    "app=# ",
    "irb(main):001:0> ",
    "[sudo] password for me: ",
    "",
    "Continue? [y/N] ",
  ])("does not take '%s' for one", (line) => {
    expect(frontByScreen(screen(line)).kind).toBe("other");
  });

  it("believes bracketed paste, except at the prompts of others and on the other screen", () => {
    expect(frontByScreen(screen("odd prompt", { bracketedPaste: true })).kind).toBe("prompt");
    expect(frontByScreen(screen(">>> ", { bracketedPaste: true })).kind).toBe("other");
    expect(frontByScreen(screen("$ ", { bracketedPaste: true, isAlternate: true })).kind).toBe("other");
  });

  it.each([
    ["a prompt of an odd shape", "in src at dawn", { phase: "input" }, "prompt"],
    ["a prompt in a shell that marks no typing", "in src at dawn", { phase: "prompt" }, "prompt"],
    ["an empty line", "", { phase: "input" }, "other"],
    ["a command whose last line looks like a prompt", "100% ", { phase: "running" }, "other"],
    [
      "an editor in a shell inside that marks nothing",
      "$ ",
      { phase: "running", bracketedPaste: true },
      "prompt",
    ],
    ["a REPL in a shell that marks prompts only", ">>> ", { phase: "input" }, "other"],
  ] as const)("hears the marks: %s", (_what, line, more, kind) => {
    expect(frontByScreen(screen(line, more)).kind).toBe(kind);
  });
});
