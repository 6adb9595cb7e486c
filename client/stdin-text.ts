// What is piped into a command, as text.

/** Reads to the end; whoever writes may be slow, and the pipe need not block. */
export async function stdinText(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}
