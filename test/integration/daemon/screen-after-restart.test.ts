// The screen survives the daemon: real shells, more output than anybody keeps, daemons that stop or are killed.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OutputFilter } from "../../../daemon/terminal/filter/output-filter.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { differences } from "../../support/compare-terminals.js";
import { DaemonHome, type DaemonProcess } from "../../support/daemon-process.js";
import { firstSeed } from "../../support/figures.js";
import { seededRandom } from "../../support/random-stream.js";
import { SocketClient } from "../../support/socket-client.js";
import { TerminalClient } from "../../support/terminal-client.js";
import { createTestTerminal, type TestTerminal } from "../../support/test-terminal.js";
import { until } from "../../support/until.js";

const seed = firstSeed();

/** A program that prints files as they appear: exactly their bytes, whatever is typed into it. */
class Printer {
  readonly #home: DaemonHome;
  readonly name: string;
  readonly #escapes: "raw" | "safe";
  #parts = 0;
  #printed: Uint8Array[] = [];

  private constructor(home: DaemonHome, name: string, escapes: "raw" | "safe") {
    this.#home = home;
    this.name = name;
    this.#escapes = escapes;
  }

  static async start(home: DaemonHome, name: string, escapes: "raw" | "safe"): Promise<Printer> {
    const script = `stty raw -echo
for n in 1 2 3 4 5 6; do
  until [ -e ${home.home}/${name}.$n.go ]; do sleep 0.02; done
  cat ${home.home}/${name}.$n
done
sleep 1000`;
    const client = await SocketClient.greeted(home.socket);
    const env = { PATH: process.env.PATH, LANG: "C.UTF-8", TERM: "xterm-256color" };
    const target = { kind: "local", cwd: home.home, env, command: ["sh", "-c", script] };
    await client.call("shell.new", { name, target, cols: 80, rows: 24, escapes });
    client.close();
    return new Printer(home, name, escapes);
  }

  get length(): number {
    return this.#printed.reduce((sum, { length }) => sum + length, 0);
  }

  print(bytes: Uint8Array): void {
    this.#parts++;
    const path = join(this.#home.home, `${this.name}.${this.#parts}`);
    writeFileSync(path, bytes);
    writeFileSync(`${path}.go`, "");
    this.#printed.push(bytes);
  }

  /** The daemon has got, and drawn, all that was printed. */
  async arrived(): Promise<void> {
    await until(`all of ${this.name}`, async () => (await this.offset()) === this.length);
  }

  async offset(): Promise<number> {
    const client = await SocketClient.greeted(this.#home.socket);
    const { offset } = await client.call<{ offset: number }>("shell.capture", { name: this.name });
    client.close();
    return offset;
  }

  /** A terminal that saw it all. */
  get direct(): TestTerminal {
    const terminal = createTestTerminal(80, 24, 5000);
    terminal.terminal.options.windowOptions = { pushTitle: true, popTitle: true };
    const filter = new OutputFilter({ name: () => this.name, now: () => 0, onBlocked: () => {} });
    for (const bytes of this.#printed) terminal.feed(this.#escapes === "raw" ? bytes : filter.push(bytes));
    return terminal;
  }

  /** Where whoever attaches now sees another screen; none when it is that of one who saw it all. */
  async wrong(): Promise<readonly string[]> {
    const client = await TerminalClient.attach(this.#home.socket, this.name, "late");
    await client.drawn();
    const found = differences(this.direct, client.terminal);
    await client.detach();
    return found;
  }
}

interface Held {
  readonly name: string;
  readonly offset: number;
  readonly checkpoint?: number;
}

function heldBy(home: DaemonHome): Promise<readonly Held[]> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: join(home.runtime, "local.sock"), path: "/agentd/shells" },
      (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve((JSON.parse(text) as { shells: Held[] }).shells));
      },
    );
    call.on("error", reject);
    call.end();
  });
}

async function checkpointAt(home: DaemonHome, name: string, offset: number): Promise<void> {
  await until(`a checkpoint of ${name}`, async () =>
    (await heldBy(home)).some((shell) => shell.name === name && (shell.checkpoint ?? 0) >= offset),
  );
}

/** The runtime has got it, with or without a daemon. */
async function printed(home: DaemonHome, printers: readonly Printer[]): Promise<void> {
  const lengths = new Map(printers.map(({ name, length }) => [name, length]));
  await until("all of it is printed", async () =>
    (await heldBy(home)).every(({ name, offset }) => lengths.get(name) === offset),
  );
}

/** Everything that a program sets once, and that no later output sets again. */
const MODES = Buffer.from(
  "history\r\nbefore it\r\n\x1b[3g\x1b[1;5H\x1bH\x1b]2;the title\x07\x1b]4;3;rgb:11/22/33\x1b\\\x1b[22;2t\x1b]2;inner\x07" +
    "\x1b[?1049h\x1b[>5u\x1b[?2004h\x1b[?1002;1006h\x1b[?1h\x1b=\x1b[?7l\x1b[5;20r\x1b(0\x1b[4;31;48;5;7m\x1b[?25l\x1b[3 q",
);

/** More than anybody keeps of what a full-screen program prints: no mode is ever set in it. */
function repaints(bytes: number, random: () => number): Uint8Array {
  let text = "";
  for (let n = 0; text.length < bytes; n++) {
    const row = 1 + Math.floor(random() * 24);
    text += `\x1b[${row};${1 + Math.floor(random() * 70)}H\x1b[3${n % 8}m${n}M\x1b[0;4m row ${"x".repeat(n % 60)}`;
    if (n % 50 === 0) text += "\n\n";
  }
  return new Uint8Array(Buffer.from(text));
}

type Way = readonly [what: string, end: (daemon: DaemonProcess) => Promise<unknown>];
const WAYS: readonly Way[] = [
  ["is stopped and started", (daemon) => daemon.kill("SIGTERM")],
  ["is killed and started", (daemon) => daemon.kill("SIGKILL")],
];

describe.each(WAYS)(
  "when the daemon %s, whoever attaches sees what one who saw everything sees",
  (_what, end) => {
    it(`of a program that set its modes long before (seed ${seed})`, async () => {
      const home = new DaemonHome().endShellsWithTest();
      const daemon = await home.start().ready();
      const random = seededRandom(seed);
      const printers = [await Printer.start(home, "safe", "safe"), await Printer.start(home, "raw", "raw")];
      for (const printer of printers) {
        printer.print(Buffer.concat([MODES, repaints(1_500_000, random)]));
        await printer.arrived();
        await checkpointAt(home, printer.name, printer.length);
        printer.print(repaints(40_000, random));
        await printer.arrived();
      }
      await end(daemon);
      // Nobody is there, and the programs go on.
      for (const printer of printers) printer.print(repaints(100_000, random));
      await printed(home, printers);
      await home.start().ready();
      for (const printer of printers) {
        await printer.arrived();
        expect(await printer.wrong(), printer.name).toEqual([]);
      }
    }, 60_000);

    it(`of vim, htop, less, tmux and bash that have drawn a lot since they began, cut anywhere (seed ${seed})`, async () => {
      const home = new DaemonHome().endShellsWithTest();
      let daemon = await home.start().ready();
      const random = seededRandom(seed);
      const programs = ["vim", "htop", "less", "tmux", "bash"];
      const history = Buffer.from(
        Array.from(
          { length: 5_000 },
          (_, n) => `\x1b[3${n % 8}mline ${n}\x1b[m ${"漢字 text ".repeat(n % 7)}\r\n`,
        ).join(""),
      );
      const printers: { printer: Printer; rest: readonly Uint8Array[] }[] = [];
      for (const [at, name] of programs.entries()) {
        const stream = readFileSync(join(import.meta.dirname, `../../fixtures/recordings/${name}.bin`));
        const cuts = [random(), random(), random()]
          .map((part) => Math.floor(part * stream.length))
          .sort((a, b) => a - b);
        const [a = 0, b = 0, c = 0] = cuts;
        const printer = await Printer.start(home, name, at % 2 === 0 ? "safe" : "raw");
        printer.print(Buffer.concat([history, stream.subarray(0, a), repaints(1_200_000, random)]));
        printers.push({ printer, rest: [stream.subarray(a, b), stream.subarray(b, c), stream.subarray(c)] });
      }
      for (const { printer } of printers) {
        await until("the history", async () => (await printer.offset()) >= printer.length - 100);
        await checkpointAt(home, printer.name, printer.length - 100);
      }
      for (let round = 0; round < 3; round++) {
        for (const { printer, rest } of printers) printer.print(rest[round] ?? new Uint8Array(0));
        await printed(
          home,
          printers.map(({ printer }) => printer),
        );
        await end(daemon);
        daemon = await home.start().ready();
      }
      for (const { printer } of printers) {
        await printer.arrived();
        expect(await printer.wrong(), printer.name).toEqual([]);
      }
    }, 120_000);
  },
);

it("makes a program draw itself anew of which nobody has the beginning any more", async () => {
  const home = new DaemonHome().endShellsWithTest();
  const daemon = await home.start().ready();
  const client = await SocketClient.greeted(home.socket);
  const env = { PATH: process.env.PATH, LANG: "C.UTF-8", TERM: "xterm-256color" };
  const [go, done] = [join(home.home, "go"), join(home.home, "done")];
  const script = `stty raw -echo
trap 'printf "\\033[2J\\033[Hdrawn anew"' WINCH
until [ -e ${go} ]; do sleep 0.02; done
i=0; while [ $i -lt 40000 ]; do printf '\\033[38;5;111m\\033[1;00001H\\033[048;5;2m\\033[1;00001H'; i=$((i+1)); done
touch ${done}
while :; do sleep 0.02; done`;
  const target = { kind: "local", cwd: home.home, env, command: ["bash", "-c", script] };
  await client.call<{ shell: ShellInfo }>("shell.new", { name: "busy", target, cols: 80, rows: 24 });
  client.close();
  await daemon.kill("SIGKILL");
  writeFileSync(go, "");
  await until("it has printed", () => existsSync(done));
  await home.start().ready();
  const viewer = await TerminalClient.attach(home.socket, "busy", "late");
  await viewer.sees("drawn anew");
  await viewer.detach();
});
