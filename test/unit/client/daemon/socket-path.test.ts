// The client finds the socket where the daemon puts it, makes nothing, and trusts no directory that others can touch.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findSocketPath } from "../../../../client/daemon/socket-path.js";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "agentd-dir-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("findSocketPath", () => {
  it("names a socket in a directory that is not there yet, and makes nothing", () => {
    const env = { HOME: join(root, "home"), AGENTD_RUNTIME_DIR: join(root, "new") };
    expect(findSocketPath(env)).toBe(join(root, "new", "agentd.sock"));
    expect(findSocketPath({ HOME: join(root, "home") })).toMatch(
      /\/home\/\.agentd\/run\/[0-9a-f]{10}\/agentd\.sock$/,
    );
    expect(existsSync(join(root, "new"))).toBe(false);
    expect(existsSync(join(root, "home"))).toBe(false);
  });

  it("refuses a directory that others can enter, with the fix", () => {
    const path = join(root, "open");
    mkdirSync(path);
    chmodSync(path, 0o770);
    expect(() => findSocketPath({ AGENTD_RUNTIME_DIR: path })).toThrow(
      expect.objectContaining({
        exitStatus: 78,
        message: `'${path}' has unsafe permissions (0770, want 0700) · run: chmod 700 ${path}`,
      }),
    );
  });

  it("refuses a path that is too long for a socket", () => {
    const path = join(root, "x".repeat(100));
    expect(() => findSocketPath({ AGENTD_RUNTIME_DIR: path })).toThrow(
      expect.objectContaining({ code: "path_too_long" }),
    );
  });
});
