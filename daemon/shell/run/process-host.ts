// What Linux tells of a local shell's terminal: which program is in front, and what the terminal's settings are.
import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";

export interface ForegroundProgram {
  readonly pid: number;
  /** The file name of its program, such as `bash`, and what it calls itself. */
  readonly program: string;
  readonly name: string;
  readonly args: readonly string[];
}

export interface TerminalMode {
  /** Lines are edited by the terminal: no line editor is at work. */
  readonly canonical: boolean;
  readonly echo: boolean;
}

/** Undefined stands for "cannot be known": another system, another user's process, a process that has just ended. */
export interface ProcessHost {
  /** The leader of the foreground process group of `pid`'s terminal. */
  foreground(pid: number): Promise<ForegroundProgram | undefined>;
  terminalMode(pid: number): Promise<TerminalMode | undefined>;
  /** When the process began, in ticks: together with the pid its name for ever. Undefined also when it has ended. */
  startOf(pid: number): Promise<string | undefined>;
}

/** stty takes milliseconds; a machine that swaps takes longer, and then its answer is not worth waiting for. */
const STTY_LIMIT_MS = 2000;

export const linuxHost: ProcessHost = {
  async foreground(pid) {
    const group = await foregroundGroup(pid);
    if (group === undefined) return undefined;
    try {
      const read = (file: string) => readFile(`/proc/${group}/${file}`, "utf8");
      // Together: a promise that nobody awaits yet would end the daemon when it fails.
      const [comm, words] = await Promise.all([read("comm"), read("cmdline")]);
      const name = comm.trim();
      return {
        pid: group,
        program: await programFile(group, name),
        name,
        args: words.split("\0").slice(1, -1),
      };
    } catch {
      // The leader has ended, and others of its group have not: a pipeline.
      return { pid: group, program: "", name: "a program", args: [] };
    }
  },

  async startOf(pid) {
    const fields = await fieldsOf(pid);
    // A zombie has ended.
    return fields?.[0] === "Z" ? undefined : fields?.[19];
  },

  terminalMode: (pid) =>
    new Promise((resolve) => {
      const args = ["-a", "-F", `/proc/${pid}/fd/0`];
      execFile(
        "stty",
        args,
        { timeout: STTY_LIMIT_MS, env: { PATH: process.env["PATH"], LC_ALL: "C" } },
        (error, text) => {
          const flags = new Set(text.split(/[\s;]+/));
          if (error !== null || !(flags.has("icanon") || flags.has("-icanon"))) return resolve(undefined);
          resolve({ canonical: flags.has("icanon"), echo: flags.has("echo") });
        },
      );
    }),
};

async function foregroundGroup(pid: number): Promise<number | undefined> {
  const group = Number((await fieldsOf(pid))?.[5]);
  return group > 0 ? group : undefined;
}

/** proc(5): `stat` from its third field on; the second is the name in parentheses, which may hold anything. */
async function fieldsOf(pid: number): Promise<readonly string[] | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Of another user's process (sudo) the kernel shows only the name. */
async function programFile(pid: number, name: string): Promise<string> {
  try {
    const path = await readlink(`/proc/${pid}/exe`);
    return path.replace(/ \(deleted\)$/, "").slice(path.lastIndexOf("/") + 1);
  } catch {
    return name;
  }
}
