// The machine: version of Node, open files, the login shell, terminals, and the service manager.

import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../shared/daemon-care.js";
import { printable } from "../../shared/names.js";
import { quoteWord } from "../../shared/shell-quote.js";
import { programPath } from "../daemon/daemon-launch.js";
import { fault, type Patient, warning } from "./findings.js";

/** package.json, `engines`. */
const OLDEST_NODE = [20, 19] as const;
/** A daemon with a few shells and terminals needs some fifty; one busy day a few hundred. */
const FEW_FILES = 256;
const PROGRAM_LIMIT_MS = 2_000;
const UNIT = "agentd.service";

export function examineNode(version: string): Finding[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = OLDEST_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return [];
  const wanted = OLDEST_NODE.join(".");
  return [
    fault(
      "node-old",
      69,
      `Node ${version} is too old: ${wanted} or newer is needed`,
      `nvm install ${wantedMajor}`,
    ),
  ];
}

/** @param pid of the daemon, when one runs: it may live under other limits than we do. */
export function examineOpenFiles(pid: number | undefined): Finding[] {
  const own = openFiles("self");
  const daemon = pid === undefined ? undefined : openFiles(String(pid));
  const few = [own, daemon].find((limit) => limit !== undefined && limit < FEW_FILES);
  if (few === undefined) return [];
  const whose = few === own ? "programs started here" : `the daemon (pid ${pid})`;
  return [
    warning(
      "open-files-few",
      `${whose} may open ${few} files: that is a few shells`,
      few === own ? "ulimit -n 4096" : "ulimit -n 4096; agentd daemon restart",
    ),
  ];
}

function openFiles(process: string): number | undefined {
  try {
    const row = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${process}/limits`, "utf8"));
    return row === null ? undefined : Number(row[1]);
  } catch {
    return undefined;
  }
}

export function examineLoginShell({ env }: Patient): Finding[] {
  const shell = env["SHELL"];
  if (shell === undefined || shell === "") return [];
  const shown = printable(shell);
  const fix = "export SHELL=/bin/sh    # for good: chsh -s /bin/sh";
  if (!isFile(shell))
    return [
      fault(
        "shell-missing",
        69,
        `SHELL is '${shown}', and there is no such program: local shells cannot start`,
        fix,
      ),
    ];
  try {
    accessSync(shell, constants.X_OK);
    return [];
  } catch {
    return [fault("shell-not-executable", 69, `SHELL is '${shown}', which cannot be executed`, fix)];
  }
}

/** Also not when nobody can tell: a link that leads to itself, a directory that is closed to us. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Makes one terminal, in a process of its own. */
export async function examinePty(): Promise<Finding[]> {
  const { ok, text } = await runProgram(process.execPath, [programPath("runtime.cjs"), "check-pty"], {});
  if (ok) return [];
  const why = printable(text.trim().split("\n")[0] ?? "", 200).replace(/^agentd: /, "");
  const [what = "", fix] = why.split(" · ");
  return [
    fault(
      "pty-broken",
      69,
      `no terminal can be made: ${what || "no answer"}`,
      fix ?? "npm ci    # in agentd's directory",
    ),
  ];
}

/** @param hasShells whether local shells exist, which an end of the login would end */
export async function examineService({ env, home }: Patient, hasShells: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  const config = env["XDG_CONFIG_HOME"] || join(home, ".config");
  const installed = [config, "/etc", "/usr/local/lib", "/usr/lib"]
    .map((place) => join(place, "systemd", "user", UNIT))
    .find((path) => existsSync(path));
  const ours = join(programPath("daemon.cjs"), "..", "..", "systemd", UNIT);
  if (
    installed !== undefined &&
    existsSync(ours) &&
    readFileSync(installed, "utf8") !== readFileSync(ours, "utf8")
  )
    findings.push(
      warning(
        "unit-differs",
        `${installed} is not the unit of this agentd (changes of your own belong in: systemctl --user edit agentd)`,
        `cp ${quoteWord(ours)} ${quoteWord(installed)} && systemctl --user daemon-reload`,
      ),
    );
  if (!hasShells || process.platform !== "linux") return findings;
  const uid = String(process.getuid?.() ?? "");
  const linger = await runProgram("loginctl", ["show-user", uid, "-p", "Linger", "--value"], env);
  if (linger.ok && linger.text.trim() === "no")
    findings.push(
      warning(
        "linger-off",
        "systemd ends all your processes when your last login ends, and the local shells with them",
        "loginctl enable-linger",
      ),
    );
  return findings;
}

function runProgram(
  file: string,
  args: readonly string[],
  env: Patient["env"],
): Promise<{ readonly ok: boolean; readonly text: string }> {
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { env: { PATH: process.env["PATH"], ...env }, timeout: PROGRAM_LIMIT_MS },
      (error, stdout, stderr) => resolve({ ok: error === null, text: stdout || stderr }),
    );
  });
}
