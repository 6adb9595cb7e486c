// What became of each shell, as lines of the log: found live, link lost and why, ended and how, renamed, forgotten.
import type { ShellEvent, ShellInfo } from "../shared/rpc.js";
import { signalName } from "../shared/signal-name.js";
import type { Log } from "./log.js";

/** States in which a shell waits for a person; that another shell answered is as bad. */
const NEEDS_SOMEBODY: readonly ShellInfo["state"][] = ["needs-credentials", "capacity", "taken", "gone"];

/** Invariant: a change of anything but the state, its reason and what was lost gives no line; attempts of one outage give one. */
export class ShellLog {
  readonly #log: Log;
  readonly #said = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  tell(event: ShellEvent): void {
    if (event.kind === "changed") this.#changed(event.shell);
    else if (event.kind === "renamed") this.#renamed(event.from, event.shell.name);
    // One that never became live was only said to whoever asked for it.
    else if (this.#said.delete(event.name)) this.#log.info({ shell: event.name }, "forgotten");
  }

  #renamed(from: string, name: string): void {
    const said = this.#said.get(from);
    this.#said.delete(from);
    if (said !== undefined) this.#said.set(name, said);
    this.#log.info({ shell: name, from }, "renamed");
  }

  #changed(shell: ShellInfo): void {
    const { bytesLost, exitCode, name, pid, possibleGap, reason, signal, state, verdict } = shell;
    if (state === "starting") return;
    const facts = {
      ...(reason === undefined || state === "live" ? {} : { reason }),
      ...(state === "live" && verdict !== undefined ? { verdict } : {}),
      ...(state === "live" && pid !== undefined ? { pid } : {}),
      ...(state === "ended"
        ? { exit: signal === undefined ? (exitCode ?? "unknown") : signalName(signal) }
        : {}),
      ...(bytesLost > 0 ? { bytesLost } : {}),
      ...(possibleGap === undefined ? {} : { gapFrom: possibleGap.from, gapTo: possibleGap.to }),
    };
    const now = `${state} ${JSON.stringify(facts)}`;
    if (this.#said.get(name) === now) return;
    this.#said.set(name, now);
    const isBad = NEEDS_SOMEBODY.includes(state) || (state === "live" && verdict === "new");
    this.#log[isBad ? "warn" : "info"]({ shell: name, ...facts }, state);
  }
}
