// What an attached client may do, how large its terminal is, and what it says of itself.
import { printable } from "../../../shared/names.js";
import type { AttachParams } from "../../../shared/rpc.js";
import { clampSize, type Size } from "../../../shared/size.js";

export interface ClientRole {
  readonly size: Size;
  readonly canLead: boolean;
  readonly readOnly: boolean;
  readonly ignoreSize: boolean;
  /** False: there is no screen to keep right, every byte counts. */
  readonly isTerminal: boolean;
  readonly identity: ClientIdentity;
  /** It was attached before, and typed last so many milliseconds before it came. */
  readonly typedAgo?: number;
}

/** For people who look who is attached; nothing is decided by it. Printable. */
export interface ClientIdentity {
  readonly client?: string;
  readonly tty?: string;
  readonly pid?: number;
}

/** @param client what the program called itself in its greeting */
export function roleOf(params: AttachParams, client?: string): ClientRole {
  const { cols, rows, ignoreSize = false, readOnly = false, terminal, tty, pid, typedAgo } = params;
  const isTerminal = terminal !== false;
  return {
    size: clampSize(cols, rows),
    canLead: !readOnly && !ignoreSize && isTerminal,
    readOnly,
    ignoreSize,
    isTerminal,
    ...(typedAgo === undefined ? {} : { typedAgo }),
    identity: {
      ...(client === undefined || client === "" ? {} : { client: printable(client, 60) }),
      ...(tty === undefined ? {} : { tty: printable(tty, 60) }),
      ...(pid === undefined ? {} : { pid }),
    },
  };
}
