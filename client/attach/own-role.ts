// What this window may do in the shell, and by which keys.
import type { PrefixKeyOptions } from "./prefix-key.js";

export interface OwnRole {
  readonly prefix: PrefixKeyOptions;
  readonly readOnly: boolean;
  readonly ignoreSize: boolean;
}
