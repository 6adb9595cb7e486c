// Whether bytes stay bytes on their way through the built client: line feeds of raw programs, all 256 values, both ways.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type IPty, spawn } from "@lydell/node-pty";
import { afterEach, beforeEach, expect, it } from "vitest";
import { program, Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const ALL = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const MARKED = Buffer.concat([Buffer.from("<<<<"), ALL, Buffer.from(">>>>")]);
const BASH = ["bash", "--norc", "--noprofile"];

let sandbox: Sandbox;
let tmux: Tmux;
let terminal: IPty | undefined;

beforeEach(() => {
  sandbox = new Sandbox();
  tmux = new Tmux(sandbox.env);
});

afterEach(() => {
  terminal?.kill("SIGKILL");
  terminal = undefined;
  tmux.dispose();
  sandbox.dispose();
});

const make = (...flags: string[]) =>
  expect(sandbox.run(["new", "-d", "--local", ...flags, "raw", "--", ...BASH])).toMatchObject({ status: 0 });

const attached = async (variables = ""): Promise<Pane> => {
  const pane = tmux.open(`${variables} ${process.execPath} ${program("agentd")} attach raw`);
  await pane.waitFor(/[$#]$/m);
  return pane;
};

/** A program in raw mode prints two words with a bare line feed between them; the second is where a terminal puts it. */
const expectStairs = async (pane: Pane, first: string, second: string) => {
  pane.type(`stty raw; printf '${first}\\n%s' ${second}; sleep 0.2; stty sane; echo`, "Enter");
  await pane.waitFor(new RegExp(`^${first}\\n {${first.length}}${second}$`, "m"));
};

it.skipIf(!hasTmux)(
  "leaves a line feed of a raw program alone: the next word stands below the end of the last",
  async () => {
    make();
    const pane = await attached();
    await expectStairs(pane, "abc", "def");
  },
);

it.skipIf(!hasTmux)("does so too after it was stopped and goes on", async () => {
  make();
  const pane = await attached();
  const client = Number(spawnSync("pgrep", ["-P", String(pane.pid)], { encoding: "utf8" }).stdout.trim());
  process.kill(client, "SIGTSTP");
  await until("it has stopped", () =>
    /^T/.test(spawnSync("ps", ["-o", "stat=", "-p", String(client)], { encoding: "utf8" }).stdout),
  );
  process.kill(client, "SIGCONT");
  await expectStairs(pane, "abc", "def");
});

it.skipIf(!hasTmux)("works without stty: lines of programs in cooked mode look as ever", async () => {
  make();
  const pane = await attached("PATH=/nonexistent");
  pane.type("printf 'one\\ntwo\\n'", "Enter");
  await pane.waitFor(/^one\ntwo$/m);
  pane.type("C-]", "d");
  expect(await pane.status()).toBe(0);
});

it.skipIf(!hasTmux)("is not held up by an stty that hangs, and leaves the terminal as it was", async () => {
  make();
  const bin = join(sandbox.home, "hanging");
  mkdirSync(bin);
  const started = join(sandbox.home, "started");
  writeFileSync(join(bin, "stty"), `#!/bin/sh\n: > ${started}\nsleep 1000\n/usr/bin/stty "$@"\n`, {
    mode: 0o755,
  });
  const stty = (file: string) => `/usr/bin/env stty -a > ${sandbox.home}/${file}`;
  const pane = tmux.open(
    `${stty("before")}; PATH=${bin}:$PATH ${process.execPath} ${program("agentd")} attach raw; s=$?; ${stty("after")}; (exit $s)`,
  );
  await pane.waitFor(/[$#]$/m);
  await until("stty was started", () => existsSync(started));
  pane.type("echo shown-$((1+1))", "Enter");
  await pane.waitFor("shown-2");
  pane.type("C-]", "d");
  expect(await pane.status()).toBe(0);
  const [before, after] = ["before", "after"].map((file) => readFileSync(join(sandbox.home, file), "utf8"));
  expect(after).toBe(before);
});

it("passes all 256 byte values, to the terminal and from the keyboard", async () => {
  writeFileSync(join(sandbox.home, "config.toml"), '[keys]\nprefix = "none"\n');
  writeFileSync(join(sandbox.home, "all"), MARKED);
  make("--escapes", "raw");
  terminal = spawn(process.execPath, [program("agentd"), "attach", "raw"], {
    name: "xterm-256color",
    cols: 80,
    rows: 24,
    cwd: sandbox.home,
    env: sandbox.env as Record<string, string>,
    encoding: null,
  });
  let shown = Buffer.alloc(0);
  terminal.onData((data) => {
    shown = Buffer.concat([shown, data as unknown as Buffer]);
  });
  const see = (text: string) => until(`${text} is shown`, () => shown.includes(text));
  await see("$ ");
  // The marks behind end what the 256 bytes began: a string that nobody else would end.
  terminal.write(
    `stty raw -echo; cat ${sandbox.home}/all; printf '\\033\\\\\\030REA%s' DY; ` +
      "head -c 256 | od -An -v -tx1 | tr -d ' \\n'; printf ':EN%s' D; stty sane\r",
  );
  await see("READY");
  expect(shown.includes(MARKED), shown.toString("latin1")).toBe(true);
  terminal.write(ALL as unknown as string);
  await see(":END");
  expect(shown.toString("latin1")).toContain(`READY${ALL.toString("hex")}:END`);
});
