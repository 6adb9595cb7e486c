// What the log says of shells: what became of them, once each, and nothing of what only flickers.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLog } from "../../../daemon/log.js";
import { ShellLog } from "../../../daemon/shell-log.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { SHELL } from "../../support/fake-daemon.js";
import { tempDirectory } from "../../support/temp-directory.js";

const world = () => {
  const path = join(tempDirectory(), "daemon.log");
  const shellLog = new ShellLog(openLog({ path }));
  return {
    shellLog,
    changed: (more: Partial<ShellInfo>) =>
      shellLog.tell({ kind: "changed", shell: { ...SHELL, pid: 4242, ...more } }),
    lines: () =>
      readFileSync(path, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => {
          const { level, msg, time: _, ...facts } = JSON.parse(line) as Record<string, unknown>;
          return [level, msg, facts];
        }),
  };
};

describe("ShellLog", () => {
  it("tells the life of a shell", () => {
    const { changed, lines, shellLog } = world();
    changed({ state: "starting" });
    changed({ state: "live" });
    changed({ state: "reconnecting", reason: "no route to host" });
    changed({ state: "live", verdict: "same", bytesLost: 12 });
    changed({ state: "needs-credentials", reason: "the token expired", bytesLost: 12 });
    shellLog.tell({ kind: "renamed", from: "work", shell: { ...SHELL, name: "play" } });
    changed({ name: "play", state: "ended", exitCode: 3 });
    shellLog.tell({ kind: "forgotten", name: "play" });
    expect(lines()).toEqual([
      ["info", "live", { shell: "work", pid: 4242 }],
      ["info", "reconnecting", { shell: "work", reason: "no route to host" }],
      ["info", "live", { shell: "work", verdict: "same", pid: 4242, bytesLost: 12 }],
      ["warn", "needs-credentials", { shell: "work", reason: "the token expired", bytesLost: 12 }],
      ["info", "renamed", { shell: "play", from: "work" }],
      ["info", "ended", { shell: "play", exit: 3 }],
      ["info", "forgotten", { shell: "play" }],
    ]);
  });

  it("warns when another shell answered", () => {
    const { changed, lines } = world();
    changed({ verdict: "new" });
    expect(lines()).toEqual([["warn", "live", { shell: "work", verdict: "new", pid: 4242 }]]);
  });

  it("says how a shell ended, and never 0 for what is not known", () => {
    const { changed, lines } = world();
    changed({ name: "a", state: "ended", signal: 9, exitCode: 137 });
    changed({ name: "b", state: "ended" });
    changed({ name: "c", state: "ended", exitCode: 0 });
    expect(lines().map(([, , facts]) => facts)).toEqual([
      { shell: "a", exit: "SIGKILL" },
      { shell: "b", exit: "unknown" },
      { shell: "c", exit: 0 },
    ]);
  });

  it("is silent about clients, sizes, titles and the next attempt of the same outage", () => {
    const { changed, lines, shellLog } = world();
    changed({});
    changed({ clients: 2, cols: 200, title: "vim", labels: { a: "b" }, activeAt: SHELL.createdAt });
    changed({ state: "reconnecting", reason: "timeout" });
    changed({ state: "reconnecting", reason: "timeout", heldBytes: 5 });
    shellLog.tell({ kind: "renamed", from: "work", shell: { ...SHELL, name: "play" } });
    changed({ name: "play", state: "reconnecting", reason: "timeout" });
    shellLog.tell({ kind: "forgotten", name: "never-live" });
    expect(lines().map(([, phrase]) => phrase)).toEqual(["live", "reconnecting", "renamed"]);
  });
});
