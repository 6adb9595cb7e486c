// One client's connection, without a socket under it.
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import type { Call } from "../../../../daemon/server/connection.js";
import { Peer } from "../../../../daemon/server/peer.js";
import { type MethodTable, RpcServer } from "../../../../daemon/server/rpc-server.js";
import type { ServerLog } from "../../../../daemon/server/server-log.js";
import { Channel } from "../../../../shared/channel.js";
import { encodePacket } from "../../../../shared/packet.js";
import type { ShellInfo } from "../../../../shared/rpc.js";

let logs = 0;
const log: ServerLog = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => {
    logs += 1;
    return log;
  },
};
const line = (id: number, method: string, params: object) =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
const typed = (text: string) => encodePacket(Channel.Stdin, Buffer.from(text));

const hello: MethodTable<Call>["hello"] = async ({ protocol, client }, { connection }) => {
  connection.greet(protocol, client);
  return { protocol: 1, version: "0", pid: 1, client: { prefix: "C-]" } };
};

/** A peer, the other end of its connection, and what it was answered. */
function connected(methods: MethodTable<Call>) {
  const answers: string[] = [];
  const socket = new Duplex({
    read: () => {},
    write: (chunk, _, done) => {
      answers.push(String(chunk));
      done();
    },
  });
  const rpc = new RpcServer(methods);
  const peer = new Peer({ socket: socket as unknown as Socket, rpc, log, now: () => 0, admit: () => {} });
  onTestFinished(() => peer.destroy());
  return { answers, peer, socket };
}

it("answers a line that nests too deep, and goes on", async () => {
  const { answers, socket } = connected({ hello } as Partial<MethodTable<Call>> as MethodTable<Call>);
  socket.push(line(1, "hello", { protocol: 1, client: "t" }));
  await expect.poll(() => answers.length).toBe(1);
  socket.push(`${"[".repeat(2)}\n{"id":2,"params":${"[".repeat(40)}\n`);
  socket.push(line(3, "hello", { protocol: 1, client: "t" }));
  await expect.poll(() => answers.length).toBe(4);
  const read = answers.map((answer) => JSON.parse(answer) as { id: unknown; error?: { code: number } });
  expect(read.map(({ id, error }) => [id, error?.code])).toEqual([
    [1, undefined],
    [null, -32600],
    [null, -32700],
    [3, -32600],
  ]);
});

it("names a client in its log once, however often that says hello", async () => {
  const { answers, socket } = connected({ hello } as Partial<MethodTable<Call>> as MethodTable<Call>);
  const before = logs;
  for (let id = 1; id <= 50; id++) socket.push(line(id, "hello", { protocol: 1, client: "t" }));
  await expect.poll(() => answers.length).toBe(50);
  expect(logs - before).toBe(1);
});

it("keeps the keys of a client waiting that attaches while its shell takes no more", async () => {
  const heard: string[] = [];
  const methods = {
    hello,
    "shell.attach": async (_, { connection, afterAnswer }) => {
      connection.sink.pauseInput();
      const handleFrame = (frame: Uint8Array) => heard.push(Buffer.from(frame.subarray(1)).toString());
      afterAnswer(() => connection.becomeStream({ start() {}, handleFrame, closed() {} }));
      return { shell: {} as ShellInfo, epoch: "", offset: 0, resumed: false };
    },
  } as Partial<MethodTable<Call>> as MethodTable<Call>;
  const { answers, peer, socket } = connected(methods);
  socket.push(line(1, "hello", { protocol: 1, client: "t" }));
  await expect.poll(() => answers.length).toBe(1);
  socket.push(line(2, "shell.attach", { name: "work", cols: 80, rows: 24 }));
  await expect.poll(() => answers.length).toBe(2);
  socket.push(typed("later"));
  await new Promise(setImmediate);
  expect(heard).toEqual([]);
  peer.sink.resumeInput();
  await expect.poll(() => heard).toEqual(["later"]);
});
