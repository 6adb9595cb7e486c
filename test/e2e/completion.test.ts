// Tab in the real shells: bash, zsh and fish with the scripts that agentd prints.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

let box: Sandbox;
let tmux: Tmux;

beforeAll(() => {
  box = new Sandbox();
  writeFileSync(join(box.home, "config.toml"), `[targets.dev-box]\nruntime = "arn"\n`);
  writeFileSync(join(box.home, "input.txt"), "");
  for (const name of ["work", "wombat", "build"]) box.run(["new", name, "-d"]);
  tmux = new Tmux(box.env, { cols: 160, rows: 40 });
});
afterAll(() => {
  tmux.dispose();
  box.dispose();
});

const shellScript = (shell: string, args: readonly string[], script: string): string => {
  const { stdout, stderr } = spawnSync(shell, [...args, "-c", script], {
    env: box.env,
    cwd: box.home,
    encoding: "utf8",
    timeout: 20_000,
  });
  return stdout + stderr;
};

/** A Tab gives a daemon that is busy only a moment: then nothing is completed, and people press it again. */
const completes = async (answer: () => string[], wanted: readonly string[]) => {
  let seen: string[] = [];
  await until(`${wanted} is completed`, () => {
    seen = answer();
    return JSON.stringify(seen) === JSON.stringify(wanted);
  }).catch(() => expect(seen).toEqual(wanted));
};
const typesUntil = (pane: Pane, text: string | RegExp, ...keys: readonly string[]) =>
  until(
    `${text} is completed`,
    () => {
      pane.type(...keys);
      return pane.waitFor(text, 5_000).catch(() => false as const);
    },
    30_000,
  );

describe("the hidden answer", () => {
  it("never starts a daemon, and comes without one", () => {
    const other = new Sandbox();
    const answer = other.run(["__complete", "bash", "--", "attach", ""]);
    expect(answer).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(other.run(["daemon", "status"]).status).toBe(69);
    other.dispose();
  });

  it("does not wait for a daemon that says nothing", async () => {
    const other = new Sandbox();
    mkdirSync(join(other.home, "run"), { mode: 0o700 });
    const server = createServer(() => {}).listen(other.socketPath);
    const answer = await other.runAsync(["__complete", "zsh", "--", "attach", ""]);
    expect(answer).toEqual({ status: 0, stdout: "", stderr: "" });
    server.close();
    other.dispose();
  });

  it("says nothing of a broken machine", () => {
    const env = { AGENTD_RUNTIME_DIR: "relative" };
    expect(box.run(["__complete", "fish", "--", "kill", ""], { env })).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });
});

describe.skipIf(!has("bash"))("bash", () => {
  const complete = (...words: string[]) =>
    shellScript(
      "bash",
      ["--norc"],
      `eval "$(agentd completion bash)"; complete -p agentd >/dev/null || echo unregistered
       COMP_WORDS=(agentd ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _agentd; printf '%s\\n' "\${COMPREPLY[@]}"`,
    )
      .trim()
      .split("\n");

  it("completes commands, shells, flags, targets and files", async () => {
    expect(complete("att")).toEqual(["attach"]);
    await completes(() => complete("attach", "wo"), ["wombat", "work"]);
    expect(complete("attach", "--tak")).toEqual(["--take"]);
    expect(complete("new", "x", "--runtime", "")).toEqual(["dev-box"]);
    expect(complete("new", "x", "--runtime", "=", "d")).toEqual(["dev-box"]);
    expect(complete("new", "x", "--escapes", "=")).toEqual(["safe", "raw"]);
    expect(complete("send", "work", "--paste", "inp")).toEqual(["input.txt"]);
  });

  it.skipIf(!has("tmux"))("does it at a Tab", async () => {
    const pane = tmux.open("exec bash --norc -i");
    pane.type('eval "$(agentd completion bash)"; echo ready-$((1+1))', "Enter");
    await pane.waitFor("ready-2");
    await typesUntil(
      pane,
      "\nagentd capture build",
      ...["agentd cap", "Tab", "bui", "Tab", "C-a", "echo ", "Enter"],
    );
  });
});

describe.skipIf(!has("zsh") || !has("tmux"))("zsh", () => {
  it("completes commands and shells at a Tab, also with what stands behind a =", async () => {
    const pane = tmux.open("exec zsh -f -i");
    pane.type(
      `cd ${box.home}; autoload -U compinit && compinit -u -D; source <(agentd completion zsh); echo ready-$((1+1))`,
      "Enter",
    );
    await pane.waitFor("ready-2");
    await typesUntil(pane, "agentd capture build", "C-u", "echo; agentd cap", "Tab", "bui", "Tab");
    pane.type("C-u", "agentd new x --escapes=r", "Tab");
    await pane.waitFor("agentd new x --escapes=raw");
    await typesUntil(pane, /wombat.*local · live/, "C-u", "agentd attach wo", "Tab", "Tab");
    pane.type("C-u", "agentd send work --paste inp", "Tab");
    await pane.waitFor("--paste input.txt");
  });
});

describe.skipIf(!has("fish"))("fish", () => {
  const complete = (line: string) =>
    shellScript("fish", ["--no-config"], `agentd completion fish | source; complete -C '${line}'`)
      .trim()
      .split("\n");

  it("completes commands, shells, flags, targets and files", async () => {
    expect(complete("agentd att")).toEqual(["attach\tjoin a shell (without a name: the one used last)"]);
    await completes(() => complete("agentd attach wo"), ["wombat\tlocal · live", "work\tlocal · live"]);
    expect(complete("agentd new x --runtime ")).toEqual(["dev-box"]);
    expect(complete("agentd new x --escapes=r")[0]).toMatch(/^--escapes=raw/);
    expect(complete("agentd send work --paste inp")[0]).toMatch(/^input.txt/);
  });
});
