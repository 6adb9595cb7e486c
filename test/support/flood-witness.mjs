// A client of the daemon in a process of its own: reads the stream of a shell, and tells at its end what came.
// Arguments: socket, shell, how the stream ends. Prints one line of JSON when attached, and one at the end.
import { createHash } from "node:crypto";
import { connect } from "node:net";

const [path, name, end] = process.argv.slice(2);
const call = (id, method, params) => `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
const socket = connect(path);
socket.write(call(1, "hello", { protocol: 1, client: "witness" }));
socket.write(call(2, "shell.attach", { name, cols: 80, rows: 24, terminal: false }));

const KEPT_BYTES = 256 * 1024;
const hash = createHash("sha256");
let pending = Buffer.alloc(0);
let answers = 0;
let bytes = 0;
let skipped = 0;
let drawings = 0;
let tail = Buffer.alloc(0);

socket.on("data", (chunk) => {
  pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
  while (answers < 2) {
    const at = pending.indexOf(10);
    if (at === -1) return;
    const answer = JSON.parse(pending.subarray(0, at).toString());
    if (answer.error !== undefined) throw new Error(answer.error.message);
    pending = pending.subarray(at + 1);
    answers += 1;
  }
  for (;;) {
    if (pending.length < 4) break;
    const length = pending.readUInt32BE(0);
    if (pending.length < 4 + length) break;
    handle(pending[4], pending.subarray(5, 4 + length));
    pending = pending.subarray(4 + length);
  }
});
socket.on("close", () => process.exit(1));

function handle(channel, payload) {
  if (channel === 0x10) {
    // The first drawing: from here on every byte counts.
    if ((payload[0] & 1) !== 0 && ++drawings === 1)
      process.stdout.write(`${JSON.stringify({ attached: true })}\n`);
  } else if (channel === 0x11) {
    const notice = JSON.parse(payload.toString());
    if (notice.kind === "skipped") skipped += notice.bytes;
  } else if (channel === 0x01) {
    bytes += payload.length;
    hash.update(payload);
    tail = Buffer.concat([tail, payload]);
    if (tail.length > 2 * KEPT_BYTES) tail = tail.subarray(-KEPT_BYTES);
    if (tail.subarray(-end.length).toString("latin1") === end) finish();
  }
}

function finish() {
  const result = { bytes, sha256: hash.digest("hex"), skipped, drawings, tail: tail.toString("base64") };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}
