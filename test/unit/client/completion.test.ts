// What may stand at the cursor, by the table alone.

import { describe, expect, it } from "vitest";
import { commandTable } from "../../../client/cli/command-table.js";
import { complete } from "../../../client/completion/candidates.js";
import { fc } from "../../support/property.js";

/** Words, or the kind of what is asked for elsewhere. */
function at(...words: string[]): string[] {
  const { wanted, partial, prefix } = complete(words, commandTable);
  return wanted.flatMap((place) =>
    place.kind === "words"
      ? place.words.filter(({ word }) => word.startsWith(partial)).map(({ word }) => `${prefix}${word}`)
      : [`<${place.kind}>`],
  );
}

describe("completion", () => {
  it("of a command, with aliases for who knows them only", () => {
    expect(at("att")).toEqual(["attach"]);
    expect(at("kill-s")).toEqual(["kill-session"]);
    expect(at("-q", "det")).toEqual(["detach"]);
    expect(at("--help", "do")).toEqual(["doctor"]);
  });

  it("of a shell's name, as often as the command takes one", () => {
    expect(at("attach", "")).toEqual(["<shells>"]);
    expect(at("attach", "-r", "")).toEqual(["<shells>"]);
    expect(at("attach", "a", "")).toEqual([]);
    expect(at("kill", "a", "b", "")).toEqual(["<shells>"]);
    expect(at("rename", "")).toEqual(["<shells>"]);
    expect(at("rename", "a", "")).toEqual([]);
    expect(at("send", "-t", "")).toEqual(["<shells>"]);
    expect(at("logs", "")).toEqual(["<shells>"]);
    expect(at("doctor", "")).toEqual(["<shells>"]);
    expect(at("new", "")).toEqual([]);
  });

  it("of words behind --: a program's where a command belongs, else what stands there without it", () => {
    expect(at("new", "x", "--", "")).toEqual(["<files>"]);
    expect(at("run", "x", "--", "ls", "")).toEqual(["<files>"]);
    expect(at("kill", "--", "")).toEqual(["<shells>"]);
    expect(at("kill", "--force", "a", "--", "b", "")).toEqual(["<shells>"]);
    expect(at("capture", "--", "")).toEqual(["<shells>"]);
    expect(at("capture", "-S", "0", "--", "work", "")).toEqual([]);
    expect(at("grep", "--", "-x", "")).toEqual(["<shells>"]);
    expect(at("send", "work", "--", "")).toEqual([]);
    expect(at("kill", "--", "--f")).toEqual(["<shells>"]);
    expect(at("ls", "--", "")).toEqual([]);
  });

  it("of flags and their values", () => {
    expect(at("attach", "--det")).toEqual(["--detach-others"]);
    expect(at("new", "x", "--runtime", "")).toEqual(["<targets>"]);
    expect(at("new", "x", "--runtime=")).toEqual(["<targets>"]);
    expect(at("new", "--escapes", "")).toEqual(["safe", "raw"]);
    expect(at("new", "--escapes=r")).toEqual(["--escapes=raw"]);
    expect(at("resize", "a", "--policy", "s")).toEqual(["smallest"]);
    expect(at("send", "a", "--paste", "")).toEqual(["<files>"]);
    expect(at("logs", "--level", "w")).toEqual(["warn"]);
    expect(at("new", "x", "--", "")).toEqual(["<files>"]);
  });

  it("of the words behind a command", () => {
    expect(at("daemon", "re")).toEqual(["restart", "reload"]);
    expect(at("daemon", "log-level", "")).toContain("debug");
    expect(at("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(at("config", "")).toEqual(["path", "check", "show"]);
    expect(at("config", "check", "")).toEqual(["<files>"]);
    expect(at("runtime", "")).toEqual(["serve"]);
  });

  it("never throws, whatever stands there", () => {
    const word = fc.oneof(
      fc.constantFrom("new", "attach", "daemon", "--", "-", "-t", "--runtime=", "--x", "="),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        at(...words);
      }),
    );
  });
});
