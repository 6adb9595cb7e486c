// Records what programs write to a real PTY, as fixtures: by hand, as root.
import { spawn as spawnProcess } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { type RecordedProgram, recordedPrograms } from "./recorded-programs.js";
import { makeSamples } from "./recording-samples.js";

/*
 * npx esbuild test/support/record-program.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/record.mjs
 * node dist/record.mjs [name...]
 */

/** A name that says nothing; HOME too. */
const FOLDER = "/tmp/sample";
const MAX_BYTES = 48 * 1024;
/** So long without output, the program waits for keys; an animated one never does. */
const QUIET_MS = 90;
const IMPATIENT_MS = 500;
const PATIENT_MS = 4000;

function record(program: RecordedProgram): Promise<Buffer> {
  const { command, steps = [], seconds = 20, cols = 80, rows = 24 } = program;
  return new Promise((resolve) => {
    const env = {
      PATH: `${process.env["PATH"] ?? ""}:/usr/games`,
      TERM: "xterm-256color",
      COLORTERM: "truecolor",
      LANG: "C.UTF-8",
      HOME: FOLDER,
      USER: "user",
      LOGNAME: "user",
      SHELL: "/bin/sh",
      TZ: "UTC",
    };
    // A host name of its own: prompts and status lines show it.
    const args = ["--uts", "sh", "-c", `hostname host; exec sh -c "$0"`, command];
    const pty = spawn("unshare", args, { cols, rows, env, cwd: FOLDER, encoding: null });
    // Answers what programs ask before they draw.
    const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true, logLevel: "off" });
    terminal.onData((reply) => pty.write(reply));
    const chunks: Buffer[] = [];
    const now = () => performance.now();
    const started = now();
    let quietSince = started;
    let steppedAt = started;
    let recent = "";
    pty.onData((data) => {
      const bytes = Buffer.from(data as unknown as Buffer);
      chunks.push(bytes);
      terminal.write(bytes);
      recent += bytes.toString();
      quietSince = now();
    });
    let at = 0;
    const timer = setInterval(() => {
      if (now() - started > seconds * 1000) pty.kill("SIGKILL");
      const step = steps[at];
      if (step === undefined) return;
      const [after, keys] = typeof step === "string" ? ["", step] : step;
      const waited = now() - steppedAt;
      const isReady = now() - quietSince > QUIET_MS && waited > QUIET_MS && recent.includes(after);
      if (!isReady && waited < (after === "" ? IMPATIENT_MS : PATIENT_MS)) return;
      at++;
      steppedAt = now();
      recent = "";
      pty.write(keys);
    }, 15);
    pty.onExit(() => {
      clearInterval(timer);
      // The last bytes may come after the exit.
      setTimeout(() => resolve(Buffer.concat(chunks)), 100);
    });
  });
}

/** The processor's name becomes a neutral one of the same length, so that columns stay where they are. */
function scrub(bytes: Buffer): Buffer {
  let text = bytes.toString("latin1");
  const [, model = ""] = /^model name\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "latin1")) ?? [];
  for (const name of model.split(/[^A-Za-z0-9]+/)) {
    if (name.length > 2) text = text.replaceAll(name, "processor".repeat(4).slice(0, name.length));
  }
  return Buffer.from(text, "latin1");
}

const wanted = process.argv.slice(2);
const target = join("test", "fixtures", "recordings");
mkdirSync(target, { recursive: true });
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
makeSamples(FOLDER);
const web = spawnProcess("python3", ["-m", "http.server", "8923", "--bind", "127.0.0.1"], {
  cwd: FOLDER,
  stdio: "ignore",
});
for (const program of recordedPrograms) {
  if (wanted.length > 0 && !wanted.includes(program.name)) continue;
  const bytes = scrub(await record(program));
  const kept = bytes.subarray(0, program.maxBytes ?? MAX_BYTES);
  console.log(program.name, bytes.length, kept.length);
  writeFileSync(join(target, `${program.name}.bin`), kept);
}
web.kill();
rmSync(FOLDER, { recursive: true });
