// Text that a command takes from a file or a pipe.
import { readFileSync } from "node:fs";
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";

/**
 * The whole of a file, or of standard input for `-`; whoever writes into that may be slow, and the pipe need not block.
 * @throws AgentdError `usage`: it cannot be read, or is not UTF-8.
 */
export async function textFrom(source: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = source === "-" ? await readStdin() : readFileSync(source);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new AgentdError("usage", `cannot read '${printable(source)}' (${code})`, { cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    // Half of it as U+FFFD is not what anybody wanted typed.
    throw new AgentdError("usage", `'${printable(source)}' is not UTF-8 text`, { cause: error });
  }
}

/** Never with a synchronous read: that fails while a slow pipe has nothing yet. */
async function readStdin(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of process.stdin) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}
