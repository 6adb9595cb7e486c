// Where a command was typed, which need not exist any more.

/** The home directory when the working directory was removed (a branch's worktree, a build folder): that is no reason to fail. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env["HOME"] || "/";
  }
}
