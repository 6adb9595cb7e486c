// Attaching in the midst of a flood, or a thousand times to a shell whose history is full of questions: real socket, real bash.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ShellInfo } from "../../../shared/rpc.js";
import { differences } from "../../support/compare-terminals.js";
import { DaemonHome } from "../../support/daemon-process.js";
import { firstSeed, repetitions } from "../../support/figures.js";
import { seededRandom } from "../../support/random-stream.js";
import { SocketClient } from "../../support/socket-client.js";
import { TerminalClient } from "../../support/terminal-client.js";
import { createTestTerminal } from "../../support/test-terminal.js";
import { until } from "../../support/until.js";

const seed = firstSeed();

async function start(script: string): Promise<DaemonHome> {
  const home = new DaemonHome().endShellsWithTest();
  await home.start().report;
  const client = await SocketClient.greeted(home.socket);
  const path = join(home.home, "script.sh");
  writeFileSync(path, script);
  const env = { PATH: process.env.PATH, LANG: "C.UTF-8", TERM: "xterm-256color" };
  const target = { kind: "local", cwd: home.home, env, command: ["bash", path] };
  await client.call<{ shell: ShellInfo }>("shell.new", { name: "work", target, cols: 80, rows: 24 });
  client.close();
  return home;
}

const JOINERS = repetitions({ ci: 6, full: 40 });
const LINES = 40_000;

const FLOOD = `stty -echo
printf 'ready\\n'
read -r
for ((i = 0; i < ${LINES}; i++)); do
  printf '\\e[3%dmline %d\\e[0;4%dm \\e[1mbold\\e[m 漢字 %s\\n' $((i % 8)) $i $((i % 7)) "\${i}\${i}\${i}\${i}\${i}\${i}\${i}\${i}\${i}\${i}\${i}\${i}\${i}"
done
printf 'the end'
read -r
`;

function floodText(): string {
  const lines = Array.from(
    { length: LINES },
    (_, i) => `\x1b[3${i % 8}mline ${i}\x1b[0;4${i % 7}m \x1b[1mbold\x1b[m 漢字 ${String(i).repeat(13)}\r\n`,
  );
  return `ready\r\n${lines.join("")}the end`;
}

it(`gives ${JOINERS} clients that join a flood the screen and scrollback of one that saw all of it (seed ${seed})`, async () => {
  const home = await start(FLOOD);
  const first = await TerminalClient.attach(home.socket, "work", "first");
  await first.sees("ready");
  const text = floodText();
  const total = Buffer.byteLength(text);
  const random = seededRandom(seed);
  const places = Array.from({ length: JOINERS }, () => Math.floor(random() * total * 0.95)).sort(
    (a, b) => a - b,
  );
  first.type("\n");
  const joiners: Promise<TerminalClient>[] = [];
  for (const [at, place] of places.entries()) {
    await first.until(`byte ${place}`, () => first.offset >= place);
    const attached = TerminalClient.attach(home.socket, "work", `joiner ${at}`);
    joiners.push(attached);
  }
  const all = [first, ...(await Promise.all(joiners))];
  await Promise.all(all.map((client) => client.sees("the end")));
  const expected = createTestTerminal(80, 24, 5000);
  expected.feed(text);
  for (const [at, client] of all.entries()) {
    expect(differences(expected, client.terminal), `client ${at}, seed ${seed}`).toEqual([]);
    expect(client.offset, `client ${at}, seed ${seed}`).toBe(total);
  }
}, 60_000);

/** Everything that a terminal answers, and what must not be repeated for those who come later. */
const QUESTIONS = [
  "\x1b[c",
  "\x1b[0c",
  "\x1b[>c",
  "\x1b[=c",
  "\x1b[6n",
  "\x1b[?6n",
  "\x1b[?2026$p",
  "\x1b[4$p",
  "\x1bP$qm\x1b\\",
  "\x1b[>0q",
  "\x1b]10;?\x07",
  "\x1b]11;?\x1b\\",
  "\x1b]4;1;?\x1b\\",
  "\x1b]52;c;?\x07",
  "\x1b[?u",
  "\x1bP+q544e\x1b\\",
  "\x1b[14t",
  "\x1b[18t",
  "\x05",
  "\x1bZ",
].join("");
const EVENTS = "\x07\x1b]52;c;c2VjcmV0\x07\x1b]9;note\x07\x1b]777;notify;a;b\x07\x1b]99;;note\x1b\\";
const CYCLES = repetitions({ ci: 50, full: 1000 });

it(`types nothing into the shell in ${CYCLES} attachments to a history full of questions`, async () => {
  const octal = (text: string) =>
    [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  // The terminal's last answer is that to DSR 5; from there on, everything that is typed is logged, and shown.
  const home = await start(`stty raw -echo
printf ready
head -c 1 > /dev/null
for n in 1 2 3 4 5 6 7 8; do printf '${octal(`${QUESTIONS}${EVENTS}`)}text %d\\r\\n' $n; done
printf '\\033[5n'
while IFS= read -r -s -d n answer; do case $answer in *'[0') break ;; esac; done
printf 'logging\\r\\n'
exec tee log
`);
  const log = () => readFileSync(join(home.home, "log"), "latin1");
  const asker = await TerminalClient.attach(home.socket, "work", "asker");
  await asker.sees("ready");
  asker.type("x");
  await asker.sees("logging");
  expect(asker.replies.length).toBeGreaterThan(100);
  await asker.detach();
  await until("the log is open", () => {
    try {
      return log() === "";
    } catch {
      return false;
    }
  });

  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const client = await TerminalClient.attach(home.socket, "work", "client");
    const second = cycle % 5 === 0 ? await TerminalClient.attach(home.socket, "work", "second") : undefined;
    await client.drawn();
    await second?.drawn();
    expect([...client.replies, ...(second?.replies ?? [])], `cycle ${cycle}`).toEqual([]);
    // The title's terminator aside, a bell or an event in a drawing would ring and tell again.
    expect(client.snapshot).not.toMatch(/\x07|\x1b\](?:52|9|99|777);/);
    await client.detach();
    await second?.detach();
  }
  expect(log()).toBe("");

  const control = await SocketClient.greeted(home.socket);
  const print = (text: string) =>
    control.call("shell.send", { name: "work", data: Buffer.from(text).toString("base64") });
  // Asked live: by the leader's terminal, once, however many are attached.
  const leader = await TerminalClient.attach(home.socket, "work", "leader");
  const other = await TerminalClient.attach(home.socket, "work", "other");
  await leader.drawn();
  await other.drawn();
  leader.type("L");
  await leader.sees("L");
  const before = log().length;
  await print("\x1b[>0q");
  await leader.until("the question", () => leader.replies.length > 0);
  await until("the answer is logged", () => log().includes("leader\x1b\\"));
  other.type("O");
  await other.sees("O");
  expect(other.replies).toEqual([]);
  expect(log().slice(before)).toBe("\x1b[>0q\x1bP>|leader\x1b\\O");
  // Late, when somebody else leads already, and in two pieces: whole, and once. So is a question in two pieces.
  const late = log().length;
  leader.type("\x1b[?1;");
  leader.type("2c");
  await until("the late answer is logged", () => log().endsWith("\x1b[?1;2c"));
  await print("\x1b[>");
  await print("0q");
  await leader.until("the second question", () => leader.replies.length > 1);
  await until("its answer is logged", () => log().endsWith("leader\x1b\\"));
  other.type("O");
  await other.sees("OO");
  expect([leader.replies.length, other.replies]).toEqual([2, []]);
  expect(log().slice(late)).toBe("\x1b[?1;2c\x1b[>0q\x1bP>|leader\x1b\\O");
  await leader.detach();
  await other.detach();

  // Nobody attached: by the daemon, once.
  const from = log().length;
  await print("\x1b[5n");
  await until("the daemon's answer is logged", () => log().slice(from).includes("\x1b[0n"));
  await print("|");
  await until("the mark is logged", () => log().endsWith("|"));
  control.close();
  expect(log().slice(from)).toBe("\x1b[5n\x1b[0n|");
}, 120_000);
