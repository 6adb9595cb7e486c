// Whether terminals can be made on this machine: one is made, and its program's exit status comes back.
import { closeSync } from "node:fs";
import { nativePty, spawnHelperPath } from "./native-pty.js";

/** Any status that nothing else would give. */
const STATUS = 7;

/** Resolves when a terminal was made and ended as it should. @throws AgentdError `spawn_failed`, or the system's error. */
export function checkPty(): Promise<void> {
  return new Promise((resolve, reject) => {
    const uid = process.getuid?.() ?? -1;
    const gid = process.getgid?.() ?? -1;
    const { fd } = nativePty().fork(
      "/bin/sh",
      ["-c", `exit ${STATUS}`],
      ["PATH=/usr/bin:/bin"],
      "/",
      80,
      24,
      uid,
      gid,
      true,
      spawnHelperPath(),
      (status, signal) => {
        closeSync(fd);
        if (status === STATUS) resolve();
        else
          reject(new Error(`a program in a new terminal ended with ${signal ? `signal ${signal}` : status}`));
      },
    );
  });
}
