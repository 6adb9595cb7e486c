// Which directories are chosen, which are refused and with which words, and how long a socket's path may be.
import { chmodSync, chownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configPath, openRuntimeDirectory, openStateDirectory } from "../../../daemon/paths.js";
import { AgentdError } from "../../../shared/errors.js";
import { hostId, socketPath } from "../../../shared/host/runtime-directory.js";
import { tempDirectory } from "../../support/temp-directory.js";

const isRoot = process.geteuid?.() === 0;

function failure(action: () => unknown): AgentdError {
  try {
    action();
  } catch (error) {
    if (error instanceof AgentdError) return error;
    throw error;
  }
  throw new Error("did not fail");
}

describe("openRuntimeDirectory", () => {
  const open = (env: Record<string, string>, home = "/nonexistent") =>
    openRuntimeDirectory({ env, home, hostname: "build-7" });

  it("makes $AGENTD_RUNTIME_DIR with mode 0700, whatever the umask", () => {
    const path = join(tempDirectory(), "run");
    const umask = process.umask(0);
    try {
      expect(open({ AGENTD_RUNTIME_DIR: `${path}/`, XDG_RUNTIME_DIR: "/tmp" })).toEqual({
        path,
        warnings: [],
      });
    } finally {
      process.umask(umask);
    }
    expect(lstatSync(path).mode & 0o7777).toBe(0o700);
  });

  it("takes $XDG_RUNTIME_DIR/agentd when that directory is private", () => {
    const xdg = tempDirectory();
    expect(open({ XDG_RUNTIME_DIR: xdg })).toEqual({ path: join(xdg, "agentd"), warnings: [] });
  });

  it.each([
    ["unset", () => ({}), "XDG_RUNTIME_DIR is not set"],
    ["relative", () => ({ XDG_RUNTIME_DIR: "run" }), "XDG_RUNTIME_DIR 'run' is not absolute and is ignored"],
    [
      "open to others",
      (base: string) => {
        mkdirSync(join(base, "x"), { mode: 0o755 });
        return { XDG_RUNTIME_DIR: join(base, "x") };
      },
      "is not a directory of yours with mode 0700 and is ignored",
    ],
  ])(
    "passes over an XDG_RUNTIME_DIR that is %s, says so, and goes to the home directory",
    (_, env, warning) => {
      const home = tempDirectory();
      const result = open(env(home), home);
      expect(result.path).toBe(join(home, ".agentd", "run", hostId("build-7")));
      expect(result.warnings.join()).toContain(warning);
    },
  );

  it.each([0o770, 0o755, 0o701])("refuses mode %o with the mode and the command that mends it", (mode) => {
    const path = join(tempDirectory(), "run");
    mkdirSync(path);
    chmodSync(path, mode);
    const error = failure(() => open({ AGENTD_RUNTIME_DIR: path }));
    expect(error).toMatchObject({ code: "unsafe_directory", exitStatus: 78 });
    expect(error.message).toBe(
      `'${path}' has unsafe permissions (0${mode.toString(8)}, want 0700) · run: chmod 700 ${path}`,
    );
  });

  it("refuses a symbolic link, even to a private directory", () => {
    const base = tempDirectory();
    mkdirSync(join(base, "real"), { mode: 0o700 });
    symlinkSync(join(base, "real"), join(base, "run"));
    const error = failure(() => open({ AGENTD_RUNTIME_DIR: join(base, "run") }));
    expect(error.message).toBe(
      `'${base}/run' is a symbolic link · move it away: mv ${base}/run ${base}/run.old`,
    );
  });

  it("refuses a file", () => {
    const path = join(tempDirectory(), "run");
    writeFileSync(path, "");
    expect(failure(() => open({ AGENTD_RUNTIME_DIR: path })).message).toContain("is not a directory");
  });

  it.skipIf(!isRoot)("refuses a directory of another user", () => {
    const path = join(tempDirectory(), "run");
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 65534, 65534);
    const error = failure(() => open({ AGENTD_RUNTIME_DIR: path }));
    expect(error.message).toBe(
      `'${path}' belongs to uid 65534, not to you (uid 0) · this daemon belongs to uid 65534: run without sudo`,
    );
  });

  it("refuses a parent in which others could replace the directory", () => {
    const parent = join(tempDirectory(), "open");
    mkdirSync(parent);
    chmodSync(parent, 0o777);
    const error = failure(() => open({ AGENTD_RUNTIME_DIR: join(parent, "run") }));
    expect(error.message).toBe(
      `'${parent}' has unsafe permissions (0777: others can replace what is in it) · run: chmod go-w ${parent}`,
    );
  });

  it("refuses an open parent that is hidden behind a symbolic link", () => {
    const base = tempDirectory();
    mkdirSync(join(base, "open"));
    chmodSync(join(base, "open"), 0o777);
    mkdirSync(join(base, "open", "inner"), { mode: 0o700 });
    symlinkSync(join(base, "open", "inner"), join(base, "link"));
    const error = failure(() => open({ AGENTD_RUNTIME_DIR: join(base, "link", "run") }));
    expect(error.message).toContain(`'${base}/open' has unsafe permissions`);
  });

  it("accepts a sticky parent that everybody can write to", () => {
    const parent = join(tempDirectory(), "sticky");
    mkdirSync(parent);
    chmodSync(parent, 0o1777);
    expect(open({ AGENTD_RUNTIME_DIR: join(parent, "run") }).path).toBe(join(parent, "run"));
  });

  it("refuses a relative path, and a path whose parent is missing", () => {
    expect(failure(() => open({ AGENTD_RUNTIME_DIR: "run" })).message).toContain("is not absolute");
    const path = join(tempDirectory(), "missing", "run");
    expect(failure(() => open({ AGENTD_RUNTIME_DIR: path })).message).toContain("its parent is missing");
  });
});

describe("openStateDirectory", () => {
  it("takes AGENTD_STATE_DIR, else XDG_STATE_HOME, else the home directory", () => {
    const home = tempDirectory();
    const open = (env: Record<string, string>) => openStateDirectory({ env, home, hostname: "h" });
    expect(open({ AGENTD_STATE_DIR: join(home, "a", "b") })).toBe(join(home, "a", "b"));
    expect(open({ XDG_STATE_HOME: join(home, "s") })).toBe(join(home, "s", "agentd"));
    expect(open({ XDG_STATE_HOME: "relative" })).toBe(join(home, ".local", "state", "agentd"));
    expect(lstatSync(join(home, ".local", "state", "agentd")).mode & 0o777).toBe(0o700);
  });
});

describe("configPath", () => {
  it("takes AGENTD_CONFIG, else XDG_CONFIG_HOME, else the home directory", () => {
    const of = (env: Record<string, string>) => configPath({ env, home: "/home/me", hostname: "h" });
    expect(of({ AGENTD_CONFIG: "/etc/a.toml" })).toBe("/etc/a.toml");
    expect(of({ XDG_CONFIG_HOME: "/c" })).toBe("/c/agentd/config.toml");
    expect(of({})).toBe("/home/me/.config/agentd/config.toml");
    expect(failure(() => of({ AGENTD_CONFIG: "a.toml" })).code).toBe("bad_config");
  });
});

describe("socketPath", () => {
  it("accepts 103 bytes", () => {
    const directory = `/${"d".repeat(103 - "/agentd.sock".length - 1)}`;
    expect(socketPath(directory, "agentd.sock")).toHaveLength(103);
  });

  it.each([104, 108, 130])("refuses %i bytes and names both lengths", (bytes) => {
    const directory = `/${"d".repeat(bytes - "/agentd.sock".length - 1)}`;
    const error = failure(() => socketPath(directory, "agentd.sock"));
    expect(error).toMatchObject({ code: "path_too_long", exitStatus: 78 });
    expect(error.message).toContain(`has ${bytes} bytes, 103 are possible`);
  });

  it("counts bytes, not characters", () => {
    const directory = `/${"ö".repeat(50)}`;
    expect(failure(() => socketPath(directory, "agentd.sock")).details).toEqual({ bytes: 113, limit: 103 });
  });
});
