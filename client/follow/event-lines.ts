// Events of shells as lines for people: only what they would notice.
import { printable } from "../../shared/names.js";
import type { ShellEvent, ShellInfo } from "../../shared/rpc.js";
import { whereText } from "../../shared/shell-text.js";
import { stateText } from "../text/shell-table.js";

/** Invariant: a change that alters nothing of what was said of a shell before gives no line. */
export class EventLines {
  readonly #said = new Map<string, string>();

  /** What there is now; what was known before is forgotten. */
  snapshot(shells: readonly ShellInfo[]): string[] {
    this.#said.clear();
    return shells.flatMap((shell) => this.#changed(shell));
  }

  lines(event: ShellEvent): string[] {
    if (event.kind === "changed") return this.#changed(event.shell);
    if (event.kind === "forgotten") {
      this.#said.delete(event.name);
      return [`${event.name} forgotten`];
    }
    this.#said.delete(event.from);
    this.#said.set(event.shell.name, facts(event.shell));
    return [`${event.from} is now ${event.shell.name}`];
  }

  #changed(shell: ShellInfo): string[] {
    const now = facts(shell);
    if (this.#said.get(shell.name) === now) return [];
    this.#said.set(shell.name, now);
    return [`${shell.name} ${now}`];
  }
}

function facts(shell: ShellInfo): string {
  const { clients, cols, labels, rows, title } = shell;
  return [
    stateText(shell),
    whereText(shell),
    `${cols}x${rows}`,
    `${clients} ${clients === 1 ? "client" : "clients"}`,
    ...Object.entries(labels).map(([key, value]) => printable(`${key}=${value}`, 60)),
    ...(title === undefined ? [] : [`"${printable(title, 60)}"`]),
  ].join(" · ");
}
