// Shells that have ended, kept for a while so that a late client still gets the last output and the exit.
import type { LocalShell } from "./local-shell.js";

/** How long, how many, and how much output of theirs (our choice). */
const KEEP_MS = 10 * 60_000;
const MAX_SHELLS = 1000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Invariants: at most `MAX_SHELLS`, each at most `KEEP_MS` old; oldest first; output over the bound is dropped oldest first. */
export class EndedShells {
  readonly #records: { readonly shell: LocalShell; readonly endedAt: number }[] = [];

  add(shell: LocalShell, nowMs: number): void {
    this.#records.push({ shell, endedAt: nowMs });
    if (this.#records.length > MAX_SHELLS) this.#records.shift();
    let bytes = 0;
    for (const record of this.#records.toReversed()) {
      bytes += record.shell.heldBytes;
      if (bytes > MAX_OUTPUT_BYTES) record.shell.dropOutput();
    }
  }

  /** The latest shell of these ids, of this epoch (`*`: of any). */
  find(runtimeSessionId: string, shellId: string, epoch: string, nowMs: number): LocalShell | undefined {
    return this.list(nowMs).findLast(
      (shell) =>
        shell.runtimeSessionId === runtimeSessionId &&
        shell.shellId === shellId &&
        (epoch === "*" || shell.epoch === epoch),
    );
  }

  list(nowMs: number): LocalShell[] {
    while (this.#records[0] !== undefined && nowMs - this.#records[0].endedAt > KEEP_MS)
      this.#records.shift();
    return this.#records.map(({ shell }) => shell);
  }
}
