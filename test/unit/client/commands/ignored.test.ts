// What would be ignored on the command line is a mistake, and is said before a daemon is asked for anything.
import { describe, expect, it } from "vitest";
import { commandLineOf } from "../../../../client/cli/command-line.js";
import { findCommand } from "../../../../client/cli/command-table.js";
import { FakeContext } from "../../../support/fake-context.js";

const run = async (words: readonly string[]) => {
  const { command, args } = findCommand(words);
  return command.run(commandLineOf(command, args), new FakeContext());
};

describe("a flag that goes with another form of the command", () => {
  it.each([
    [["daemon", "restart", "--local-shells"], "--local-shells goes with daemon stop"],
    [["daemon", "start", "--foreground"], "--foreground goes with daemon run"],
    [["logs", "--runtime", "--json"], "--json goes without --runtime, whose lines are plain text"],
    [["logs", "--runtime", "--level", "warn"], "--level goes without --runtime, whose lines are plain text"],
    [["logs", "work", "--runtime"], "a name goes without --runtime, whose lines are plain text"],
    [["stop-vm", "work", "--region", "eu-west-1"], "--region goes without a name · agentd stop-vm work"],
    [["stop-vm", "work", "--bearer-token", "t"], "--bearer-token goes without a name · agentd stop-vm work"],
    [
      ["exec", "--runtime", "dev", "--shell-id", "sh-1", "true"],
      "--shell-id goes with --it: a single command has a shell of its own",
    ],
    [["attach", "work", "--", "vim"], "a command after -- needs -c"],
    [["resize", "work", "80x24", "-x", "100"], "give 80x24, or -x and -y, not both"],
    [
      ["tail", "work", "--json", "--ansi"],
      "--ansi goes without --json, whose lines are plain text · agentd capture work --json has colours",
    ],
    [
      ["run", "work", "--max-output", "1M", "--", "true"],
      "--max-output goes with --json, which keeps the output · agentd run work --json -- COMMAND",
    ],
    [["detach", "work", "-t", "other"], "unexpected argument 'work' · see agentd detach --help"],
  ])("is refused: %j", async (words, message) => {
    await expect(run(words)).rejects.toMatchObject({ message, exitStatus: 64 });
  });
});

describe("what stands behind --", () => {
  const words = (...args: string[]) => {
    const found = findCommand(args);
    return commandLineOf(found.command, found.args);
  };

  it("is a word like any for a command that runs no other", () => {
    expect(words("grep", "-i", "--", "-x", "work").words).toEqual(["-x", "work"]);
    expect(words("capture", "--", "work").words).toEqual(["work"]);
    expect(words("send", "work", "--", "-x", "Enter").words).toEqual(["work", "-x", "Enter"]);
    expect(words("kill", "one", "--", "two").words).toEqual(["one", "two"]);
  });

  it("is refused where no word belongs", async () => {
    await expect(run(["ls", "--", "work"])).rejects.toMatchObject({
      message: "unexpected argument 'work' · see agentd ls --help",
    });
  });

  it("is a command for those that run one", () => {
    for (const name of ["new", "attach", "run", "exec"])
      expect(words(name, "x", "--", "vim", "-r")).toMatchObject({ words: ["x"], rest: ["vim", "-r"] });
  });
});
