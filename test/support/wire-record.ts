// Reads back what a proxy passed to a WebSocket client: the STDOUT payloads that arrived whole.
import { Channel } from "../../shared/channel.js";

/** @param recorded from the status line of the 101 on, cut anywhere. Servers send unmasked and, in this project, unfragmented. */
export function* stdoutOf(recorded: Buffer): Generator<Buffer> {
  const head = recorded.indexOf("\r\n\r\n");
  if (head === -1 || !recorded.subarray(0, 12).equals(Buffer.from("HTTP/1.1 101"))) return;
  for (let at = head + 4; at + 2 <= recorded.length; ) {
    const binary = (recorded[at]! & 0x0f) === 2;
    let length = recorded[at + 1]! & 0x7f;
    let start = at + 2;
    if (length === 126 && start + 2 <= recorded.length) {
      length = recorded.readUInt16BE(start);
      start += 2;
    } else if (length === 127 && start + 8 <= recorded.length) {
      length = Number(recorded.readBigUInt64BE(start));
      start += 8;
    } else if (length >= 126) return;
    if (start + length > recorded.length) return;
    if (binary && recorded[start] === Channel.Stdout) yield recorded.subarray(start + 1, start + length);
    at = start + length;
  }
}
