// Amounts of bytes, as people write them on a command line.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";

const BYTES: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `1000`, `64K`, `10M`, `10MiB` → bytes. @throws AgentdError `usage`. */
export function parseBytes(text: string): number {
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(text);
  const bytes = Number(match?.[1]) * (BYTES[match?.[2]?.toUpperCase() ?? ""] ?? 1);
  if (match !== null && Number.isSafeInteger(bytes)) return bytes;
  throw new AgentdError("usage", `bad size '${printable(text)}' · write 4096, 64K or 10M`);
}
