// The README is executed: its first command on a fresh copy in a clean home, and every other block line by line.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Sandbox } from "../support/sandbox.js";
import { Tmux } from "../support/tmux.js";

const root = join(import.meta.dirname, "..", "..");
const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/```sh\n([\s\S]*?)```/g)].map(
  (match) => match[1] ?? "",
);
const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

describe("README", () => {
  const cleanUp: (() => void)[] = [];
  afterEach(() => {
    for (const step of cleanUp.splice(0).reverse()) step();
  });

  it.skipIf(!has("tmux") || !has("git"))(
    "its first command puts a newcomer into a persistent shell named demo",
    async () => {
      const home = realpathSync(mkdtempSync(join(tmpdir(), "agentd-newcomer-")));
      cleanUp.push(() => rmSync(home, { recursive: true, force: true }));
      const clone = join(home, "agentd");
      const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
        cwd: root,
      });
      for (const file of files.toString().split("\0").filter(Boolean)) {
        mkdirSync(dirname(join(clone, file)), { recursive: true });
        cpSync(join(root, file), join(clone, file), { recursive: true });
      }
      const env = {
        HOME: home,
        PATH: process.env["PATH"],
        TERM: "xterm-256color",
        SHELL: "/bin/bash",
        LANG: "C.UTF-8",
      };
      const tmux = new Tmux(env, { cols: 110, rows: 30 });
      cleanUp.push(() => tmux.dispose());
      cleanUp.push(() => {
        spawnSync(process.execPath, [join(clone, "dist/agentd.cjs"), "daemon", "stop", "--local-shells"], {
          env,
        });
      });
      const pane = tmux.open(`cd ${clone} && ${blocks[0]?.trim()}; echo ended-$?; read x`);
      await pane.waitFor("[attached demo · local · Ctrl-] d to detach]", 120_000);
      pane.type("echo this-is-$AGENTD_SHELL", "Enter");
      await pane.waitFor("this-is-demo");
      pane.type("C-]", "d");
      await pane.waitFor("ended-0");
      const way = /\[detached from demo · (.*)\]/.exec(pane.capture())?.[1];
      expect(way).toBe("dist/agentd.cjs attach demo");
      const again = tmux.open(`cd ${clone} && ${way}`);
      await again.waitFor("this-is-demo");
    },
    150_000,
  );

  it("its other commands do what they say, in order", () => {
    const sandbox = new Sandbox();
    cleanUp.push(() => sandbox.dispose());
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    for (const block of blocks.slice(2)) {
      const result = spawnSync("sh", ["-ec", block], {
        env: sandbox.env,
        cwd: sandbox.home,
        encoding: "utf8",
        timeout: 30_000,
      });
      expect({ block, status: result.status, stderr: result.stderr }).toEqual({
        block,
        status: 0,
        stderr: "",
      });
    }
  });
});
