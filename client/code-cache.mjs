// A step of the build: makes the client's code cache. What is in it is read at every start, so it holds what the everyday
// commands run, and no more; to know that, they are run once, with a daemon and a home of their own.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";

const LIMIT_MS = 20_000;
const SHELL = "recorded";
const EVERYDAY = [
  ["ls"],
  ["ls", "--json"],
  ["send", SHELL, "true", "Enter"],
  ["capture", SHELL],
  ["run", SHELL, "--", "true"],
];

/** Writes the cache to `dist/NAME`. Each command goes on from what the ones before it have left there. */
export async function writeCodeCache(dist, name) {
  const home = mkdtempSync(join(tmpdir(), "agentd-build-"));
  try {
    await record(dist, name, home);
  } catch (error) {
    console.warn(
      `the client's start could not be recorded, all of it is compiled beforehand: ${error.message}`,
    );
    writeFileSync(join(dist, name), compiledWhole(join(dist, "client.js")));
  } finally {
    // The daemon that ends may still be writing there.
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function record(dist, name, home) {
  const env = {
    HOME: home,
    PATH: process.env.PATH,
    TERM: "xterm-256color",
    AGENTD_RUNTIME_DIR: join(home, "run"),
    AGENTD_STATE_DIR: join(home, "state"),
  };
  const options = { env, cwd: home, timeout: LIMIT_MS };
  const words = (args) => [join(dist, "recorder.cjs"), name, ...args];
  const run = (...args) => promisify(execFile)(process.execPath, words(args), options);
  try {
    await run("new", "-d", SHELL, "--", "sh");
    for (const args of EVERYDAY) await run(...args);
    await attach(words(["attach", SHELL]), options);
  } finally {
    await promisify(execFile)(
      process.execPath,
      [join(dist, "agentd.cjs"), "daemon", "stop", "--local-shells", "-q"],
      options,
    );
  }
}

/** In a terminal: types a line, sees its output, and detaches. */
async function attach(words, { env, cwd, timeout }) {
  const { spawn } = await import("@lydell/node-pty");
  const terminal = spawn(process.execPath, words, { name: env.TERM, cols: 80, rows: 24, cwd, env });
  const limit = setTimeout(() => terminal.kill("SIGKILL"), timeout);
  const steps = [
    { seen: "attached", type: "echo in''side\r" },
    { seen: "inside", type: "\x1dd" },
  ];
  let shown = "";
  terminal.onData((text) => {
    shown += text;
    if (steps.length > 0 && shown.includes(steps[0].seen)) terminal.write(steps.shift().type);
  });
  const { exitCode, signal } = await new Promise((resolve) => terminal.onExit(resolve));
  clearTimeout(limit);
  if (exitCode !== 0 || signal)
    throw new Error(`attach ended with ${signal ? `signal ${signal}` : exitCode}`);
}

function compiledWhole(file) {
  setFlagsFromString("--no-lazy");
  const script = new Script(readFileSync(file, "latin1"), { filename: "client.js" });
  // The cache remembers the flags, and is refused under others.
  setFlagsFromString("--lazy");
  return script.createCachedData();
}
