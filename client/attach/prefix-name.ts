// The prefix key as people write it (`C-]`), as a byte, and as it is shown (`Ctrl-]`).
import type { OwnRole } from "./own-role.js";
import type { PrefixKeyOptions } from "./prefix-key.js";

const DEFAULT_PREFIX = 0x1d;

/** Reads the config's prefix: `C-x` for any control key, `none`, or `agentcore`. What it cannot read is `Ctrl-]`. */
export function parsePrefix(text: string): PrefixKeyOptions {
  if (text === "none") return { prefix: undefined };
  if (text === "agentcore") return { prefix: DEFAULT_PREFIX, loneDetaches: true };
  const key = /^C-([A-Za-z@[\\\]^_])$/.exec(text)?.[1];
  const byte = key === undefined ? DEFAULT_PREFIX : key.toUpperCase().charCodeAt(0) - 0x40;
  // ESC starts every other key, so it cannot be a prefix.
  return { prefix: byte === 0x1b ? DEFAULT_PREFIX : byte };
}

/** `Ctrl-]`, or undefined when there is no prefix. */
export function prefixLabel({ prefix }: PrefixKeyOptions): string | undefined {
  return prefix === undefined ? undefined : `Ctrl-${String.fromCharCode(prefix + 0x40).toLowerCase()}`;
}

/** What the keys behind the prefix do for this client. */
export function prefixHelp({ prefix, readOnly, ignoreSize }: OwnRole): string {
  const key = prefixLabel(prefix) ?? "";
  const keys = ["d detach", ". leave now", "r redraw", "s switch"];
  if (!readOnly) keys.splice(1, 0, `${key} send it`);
  if (!readOnly && !ignoreSize) keys.push("t take keys");
  return `${key} then: ${keys.join(" · ")}`;
}

/** For whoever types into a window that only watches. */
export function readOnlyText(name: string, options: PrefixKeyOptions): string {
  const key = prefixLabel(options);
  const leave = key === undefined ? `agentd detach ${name} from elsewhere` : `${key} d detaches`;
  return `read-only · your keys go nowhere · ${leave}`;
}
