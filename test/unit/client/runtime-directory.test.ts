// The client's rule for the runtime directory, on real directories, side by side with the daemon's.
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type FileStatus,
  findSocketPath,
  ownSurroundings,
  type Surroundings,
} from "../../../client/runtime-directory.js";
import { DAEMON_SOCKET, openRuntimeDirectory, socketPath } from "../../../daemon/paths.js";
import { AgentdError } from "../../../shared/errors.js";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "agentd-dir-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const make = (name: string, mode = 0o700): string => {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
};

type Env = Record<string, string | undefined>;

async function clientSays(env: Env): Promise<string> {
  try {
    return await findSocketPath(ownSurroundings({ HOME: root, ...env }));
  } catch (error) {
    return (error as AgentdError).code;
  }
}

function daemonSays(env: Env): string {
  try {
    const { path } = openRuntimeDirectory({ env, home: root, hostname: hostname() });
    return socketPath(path, DAEMON_SOCKET);
  } catch (error) {
    return (error as AgentdError).code;
  }
}

const cases: readonly [string, () => Env, string][] = [
  ["a directory by name", () => ({ AGENTD_RUNTIME_DIR: make("run") }), "run/agentd.sock"],
  ["one with a slash at its end", () => ({ AGENTD_RUNTIME_DIR: `${make("run")}/` }), "run/agentd.sock"],
  ["one that is not there yet", () => ({ AGENTD_RUNTIME_DIR: join(root, "new") }), "new/agentd.sock"],
  ["a relative one", () => ({ AGENTD_RUNTIME_DIR: "run" }), "unsafe_directory"],
  ["one that others may read", () => ({ AGENTD_RUNTIME_DIR: make("open", 0o750) }), "unsafe_directory"],
  [
    "a symbolic link",
    () => {
      symlinkSync(make("real"), join(root, "link"));
      return { AGENTD_RUNTIME_DIR: join(root, "link") };
    },
    "unsafe_directory",
  ],
  [
    "a file",
    () => {
      writeFileSync(join(root, "file"), "");
      return { AGENTD_RUNTIME_DIR: join(root, "file") };
    },
    "unsafe_directory",
  ],
  [
    "one whose parent others may write",
    () => {
      make("shared", 0o777);
      return { AGENTD_RUNTIME_DIR: make("shared/run") };
    },
    "unsafe_directory",
  ],
  [
    "one whose parent is sticky",
    () => {
      make("sticky", 0o1777);
      return { AGENTD_RUNTIME_DIR: make("sticky/run") };
    },
    "sticky/run/agentd.sock",
  ],
  ["the XDG directory", () => ({ XDG_RUNTIME_DIR: make("xdg") }), "xdg/agentd/agentd.sock"],
  ["one that is too long", () => ({ AGENTD_RUNTIME_DIR: make("x".repeat(100)) }), "path_too_long"],
];

describe("findSocketPath", () => {
  it.each(cases)("%s: says what the daemon says", async (_name, prepare, expected) => {
    const env = prepare();
    const said = await clientSays(env);
    expect(said).toBe(expected.includes("/") ? join(root, expected) : expected);
    expect(daemonSays(env)).toBe(said);
  });

  it.each([
    ["unset", () => undefined],
    ["relative", () => "xdg"],
    ["open to others", () => make("xdg", 0o755)],
    ["missing", () => join(root, "nowhere")],
  ])("passes over an XDG directory that is %s, as the daemon does", async (_name, xdg) => {
    const env = { XDG_RUNTIME_DIR: xdg() };
    const said = await clientSays(env);
    expect(said).toMatch(new RegExp(`^${root}/\\.agentd/run/[0-9a-f]{10}/agentd\\.sock$`));
    expect(daemonSays(env)).toBe(said);
  });

  const fake = (files: Record<string, FileStatus>, uid: number): Surroundings => ({
    env: { AGENTD_RUNTIME_DIR: "/run/agentd" },
    home: "/home/me",
    hostname: "host",
    uid,
    look: (path) =>
      files[path] ??
      (path === "/" || path === "/run" ? { kind: "directory", uid: 0, mode: 0o755 } : undefined),
    resolve: (path) => path,
  });

  it("tells root that somebody else's daemon wants no sudo", async () => {
    const around = fake({ "/run/agentd": { kind: "directory", uid: 1000, mode: 0o700 } }, 0);
    await expect(findSocketPath(around)).rejects.toThrow("this daemon belongs to uid 1000: run without sudo");
  });

  it("refuses a directory, or a parent, of another user", async () => {
    const own: FileStatus = { kind: "directory", uid: 1000, mode: 0o700 };
    await expect(findSocketPath(fake({ "/run/agentd": own }, 1001))).rejects.toThrow(/belongs to uid 1000/);
    const parent = fake({ "/run/agentd": { ...own, uid: 1001 }, "/run": own }, 1001);
    await expect(findSocketPath(parent)).rejects.toThrow(/could replace what is in it/);
  });

  it("names the fix", async () => {
    const path = make("open", 0o770);
    const error = await findSocketPath(ownSurroundings({ AGENTD_RUNTIME_DIR: path })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(AgentdError);
    expect((error as AgentdError).exitStatus).toBe(78);
    expect((error as AgentdError).message).toBe(
      `'${path}' has unsafe permissions (0770, want 0700) · run: chmod 700 ${path}`,
    );
  });
});
