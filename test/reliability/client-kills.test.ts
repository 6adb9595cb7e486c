// F-04: clients are cut off anywhere, some with SIGKILL, and leave nothing behind in the daemon.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Channel } from "../../shared/channel.js";
import { encodePacket } from "../../shared/packet.js";
import type { DaemonStatus, ShellInfo } from "../../shared/rpc.js";
import { DaemonHome } from "../support/daemon-process.js";
import { firstSeed, recordFigures, repetitions } from "../support/figures.js";
import { openDescriptors, residentBytes } from "../support/processes.js";
import { seededRandom } from "../support/random-stream.js";
import { ResumingClient } from "../support/resuming-client.js";
import { SocketClient } from "../support/socket-client.js";
import { until } from "../support/until.js";

const KILLS = repetitions({ ci: 200, full: 5000 });
const AT_ONCE = 10;
/** One in so many is a process of its own, ended with SIGKILL. */
const PROCESS_SHARE = 20;
/** In this time the daemon loads and sizes what it needs: code, a full scrollback in the widest size. */
const WARM_UP = KILLS / 2;

const line = (id: number, method: string, params: object) =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
const HELLO = line(1, "hello", { protocol: 1, client: "killed" });

/** What a client would have said to its end, had it been left alone. */
function speech(random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  const attach = line(2, "shell.attach", {
    name: ["printer", "quiet", "unknown"][below(3)],
    cols: 20 + below(200),
    rows: 5 + below(60),
    readOnly: below(3) === 0,
  });
  const calls = [
    line(2, "shell.list", {}),
    line(3, "shell.capture", { name: "printer", start: -2000, ansi: true }),
    line(4, "shell.send", { name: "quiet", data: Buffer.alloc(below(3000), 120).toString("base64") }),
    line(5, "events.subscribe", {}),
  ];
  const packets = Array.from({ length: 12 }, () =>
    below(4) === 0
      ? encodePacket(Channel.Resize, Buffer.from(`{"width":${20 + below(100)},"height":${10 + below(50)}}`))
      : encodePacket(Channel.Stdin, Buffer.alloc(1 + below(2000), 120)),
  );
  const said = below(3) === 0 ? calls : [attach, ...packets];
  return Buffer.concat([HELLO, ...said].map((part) => Buffer.from(part)));
}

/** Says a part, reads a part, and is gone: in the middle of a call, of a frame, of reading, or without having read. */
async function cutOff(path: string, random: () => number): Promise<void> {
  const below = (limit: number) => Math.floor(random() * limit);
  const words = speech(random);
  const part = words.subarray(0, below(words.length + 1));
  // In one piece, or cut once more, so that the daemon meets its end between two reads.
  const first = part.subarray(0, below(part.length + 1));
  const readBytes = [0, 1, below(500), below(100_000)][below(4)] ?? 0;
  const socket = connect(path);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(first);
  await new Promise((resolve) => setImmediate(resolve));
  socket.write(part.subarray(first.length));
  if (readBytes > 0) {
    let read = 0;
    const enough = new Promise<void>((resolve) => {
      socket.on("data", (chunk) => {
        read += chunk.length;
        if (read >= readBytes) resolve();
      });
      socket.on("close", () => resolve());
    });
    await Promise.race([enough, delay(below(40))]);
  }
  if (below(4) === 0) socket.end();
  socket.destroy();
}

/** The same as a process, for which nobody closes anything. */
async function killProcess(path: string, random: () => number): Promise<void> {
  const script = `
    const socket = require("node:net").connect(process.argv[1]);
    socket.on("connect", () => socket.write(Buffer.from(process.argv[2], "base64")));
    socket.once("data", () => console.log("heard"));
    socket.on("data", () => {});
    socket.on("error", () => {});
    setInterval(() => {}, 1000);`;
  const words = speech(random);
  const part = words.subarray(0, HELLO.length + Math.floor(random() * (words.length - HELLO.length)));
  const child: ChildProcess = spawn(process.execPath, ["-e", script, path, part.toString("base64")], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (child.stdout === null) throw new Error("no stdout");
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  await delay(random() * 20);
  child.kill("SIGKILL");
  await exited;
}

describe("client kills", () => {
  it("leaves no descriptor, no client and no growing memory behind, and disturbs nobody", async () => {
    const home = new DaemonHome().endShellsWithTest();
    const daemon = await home.start().ready();
    const control = await SocketClient.greeted(home.socket);
    const env = { PATH: process.env["PATH"], TERM: "xterm" };
    const make = (name: string, script: string) =>
      control.call("shell.new", {
        name,
        target: { kind: "local", cwd: home.home, env, command: ["bash", "-c", script] },
      });
    await make(
      "printer",
      "stty -echo; i=0; while :; do i=$((i+1)); echo line-$i; [ $((i % 50)) -ne 0 ] || sleep 0.02; done",
    );
    await make("quiet", "stty -echo; cat > /dev/null");
    const witness = new ResumingClient(home.socket, "printer");
    await witness.attach();
    const clientsOf = async (name: string) =>
      (await control.call<{ shell: ShellInfo }>("shell.info", { name })).shell.clients;
    const isQuiet = async (base: number) =>
      (await clientsOf("printer")) === 1 &&
      (await clientsOf("quiet")) === 0 &&
      openDescriptors(daemon.pid) <= base;

    const first = firstSeed();
    let processes = 0;
    const kill = (seed: number) => {
      const random = seededRandom(seed);
      if (seed % PROCESS_SHARE !== 0) return cutOff(home.socket, random);
      processes += 1;
      return killProcess(home.socket, random);
    };
    const base = openDescriptors(daemon.pid);
    let rssBase = residentBytes(daemon.pid);
    for (let seed = first; seed < first + KILLS; seed += AT_ONCE) {
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, first + KILLS - seed) }, (_, index) => kill(seed + index)),
      );
      if (seed - first < WARM_UP) rssBase = residentBytes(daemon.pid);
      if (witness.violations.length > 0) break;
      expect(daemon.child.exitCode, `seeds ${seed} to ${seed + AT_ONCE - 1}`).toBeNull();
    }
    const where = `seeds ${first} to ${first + KILLS - 1}`;
    await until(`all of ${where} are gone`, () => isQuiet(base));
    await witness.more(50);
    expect(witness.violations, where).toEqual([]);
    const status = await control.call<DaemonStatus>("daemon.status");
    expect(status.clients, where).toBe(1);
    const growth = residentBytes(daemon.pid) - rssBase;
    // Room for what a collector has not collected; a lost client would cost a queue each.
    expect(growth, where).toBeLessThan(64 * 1024 * 1024);
    recordFigures({
      id: "70-client-kills",
      title: "Clients are killed",
      contract:
        "A client that vanishes at any byte leaves nothing behind in the daemon and disturbs no other client.",
      method:
        "Connections to the built daemon are cut at random byte offsets: in a call, in a packet, while attached, with output unread; a share of them are processes ended by SIGKILL. Afterwards the daemon's descriptors (/proc) and attached clients are what they were, and a client that was attached all the time has checked every line of a shell that prints without pause.",
      command: "npm run figures",
      seeds: [first, first + KILLS - 1],
      rows: [
        ["clients cut off", `${KILLS}, ${processes} of them processes killed with SIGKILL`],
        ["descriptors before and after", `${base}, ${openDescriptors(daemon.pid)}`],
        ["clients left behind", "0"],
        ["resident memory after the first half, and its change by the second", mebibytes(rssBase, growth)],
        ["lines that the other client checked, bytes lost or repeated", `${witness.checked}, 0`],
      ],
    });
    witness.close();
    control.close();
  });
});

function mebibytes(...bytes: number[]): string {
  return bytes.map((value) => `${(value / 2 ** 20).toFixed(1)} MiB`).join(", ");
}
