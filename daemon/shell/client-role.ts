// What an attached client may do, and how large its terminal is.
import type { AttachParams } from "../../shared/rpc.js";
import { clampSize, type Size } from "../../shared/size.js";

export interface ClientRole {
  readonly size: Size;
  readonly canLead: boolean;
  readonly readOnly: boolean;
}

export function roleOf({ cols, rows, ignoreSize, readOnly = false, terminal }: AttachParams): ClientRole {
  return {
    size: clampSize(cols, rows),
    canLead: !readOnly && ignoreSize !== true && terminal !== false,
    readOnly,
  };
}
