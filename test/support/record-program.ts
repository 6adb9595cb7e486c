// Records what a program writes to a real PTY, as a fixture. By hand: node --experimental-strip-types test/support/record-program.ts
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";

interface Recording {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Typed one after the other. */
  readonly keys: readonly string[];
}

const COLS = 80;
const ROWS = 24;
const KEY_INTERVAL_MS = 120;
const MAX_BYTES = 80 * 1024;

const CURSES_PROGRAM = `
import curses, time
def main(screen):
    curses.start_color(); curses.use_default_colors(); curses.curs_set(0)
    for pair in range(1, 8): curses.init_pair(pair, pair, -1 if pair % 2 else 7 - pair)
    window = curses.newwin(10, 40, 4, 20); window.scrollok(True); window.keypad(True)
    for step in range(60):
        screen.addstr(0, 0, "step %d" % step, curses.color_pair(1 + step % 7) | curses.A_BOLD)
        screen.hline(1, 0, curses.ACS_HLINE, 80); screen.vline(2, 3 + step % 60, curses.ACS_VLINE, 20)
        screen.insertln() if step % 9 == 4 else None
        window.border(); window.addstr(1 + step % 8, 2, "row %d " % step * 3, curses.color_pair(1 + step % 7) | (curses.A_REVERSE if step % 3 else curses.A_UNDERLINE))
        if step % 5 == 0: window.scroll(1)
        screen.noutrefresh(); window.noutrefresh(); curses.doupdate(); time.sleep(0.02)
curses.wrapper(main)
`;

const SGR_LOG = `
import random; random.seed(4)
for line in range(260):
    text = ""
    for word in range(random.randint(2, 14)):
        code = random.choice(["31", "1;32", "38;5;%d" % random.randint(0, 255), "48;2;%d;20;60" % random.randint(0, 255), "4:3;58:5:9", "7", "9", "2;3", "53"])
        text += "\\x1b[%sm%s\\x1b[0m " % (code, random.choice(["INFO", "request", "error", "0x7f3a", "took 12 ms", "\\x1b]8;;http://example.test/a\\x1b\\\\\\\\link\\x1b]8;;\\x1b\\\\\\\\"]))
    print(text)
    if line % 40 == 20: print("\\x1b[44m\\x1b[K  a bar over the whole line\\x1b[0m")
`;

const CJK_LOG = `
import random; random.seed(5)
words = ["日本語のログ", "한국어 기록", "中文日志", "emoji 😀🚀", "family 👩‍👩‍👧", "cafe\\u0301", "नमस्ते", "→—“quoted”", "ascii words", "❤️"]
for line in range(420):
    print(" ".join(random.choice(words) for _ in range(random.randint(1, 12))))
`;

const SAMPLE = Array.from({ length: 400 }, (_, line) =>
  line % 7 === 0
    ? `// ${line} a comment — with 漢字`
    : `const value${line} = compute(${line}, "text ${"x".repeat(line % 90)}");`,
).join("\n");

function recordings(folder: string): readonly Recording[] {
  const file = join(folder, "sample.js");
  const python = (name: string, source: string) => {
    const path = join(folder, `${name}.py`);
    writeFileSync(path, source);
    return path;
  };
  writeFileSync(file, SAMPLE);
  const bash = "PS1='\\[\\e[32m\\]\\w\\[\\e[0m\\]\\$ ' HISTFILE= bash --norc --noprofile -i";
  return [
    {
      name: "vim",
      command: [
        "vim",
        "-u",
        "NONE",
        "-N",
        "-n",
        "--cmd",
        "syntax on | set number hlsearch ruler showcmd",
        file,
      ],
      keys: [
        "\x06",
        "\x06",
        "/value4\r",
        "n",
        "n",
        "ddp",
        "ihello 日本 ",
        "\x1b",
        ":split\r",
        "\x04",
        "\x04",
        "G",
        "gg",
        "yy20p",
        "u",
        ":vsplit\r",
        "\x06",
        ":help\r",
        "\x06",
        ":qa!\r",
      ],
    },
    {
      name: "less",
      command: ["less", "-N", file],
      keys: [
        " ",
        " ",
        "j",
        "j",
        "k",
        "b",
        "/value9\r",
        "n",
        "N",
        "G",
        "g",
        "-S\r",
        " ",
        " ",
        " ",
        " ",
        "b",
        "b",
        "?const\r",
        "n",
        "50g",
        "\x1b[C",
        "\x1b[C",
        "\x1b[D",
        "q",
      ],
    },
    {
      name: "htop",
      command: alone("htop -d 2"),
      keys: [
        "\x1b[B",
        "\x1b[B",
        "t",
        "\x1bOR",
        "\x1b",
        "t",
        "H",
        "\x1b[6~",
        "",
        "",
        "",
        "\x1b[A",
        "P",
        "",
        "M",
        "",
        "",
        "I",
        "",
        "",
        "F2",
        "",
        "q",
      ],
    },
    { name: "top", command: alone("top -d 0.3"), keys: ["z", "x", "1", "c", "", "", "V", "", "", "q"] },
    { name: "curses", command: ["python3", python("program", CURSES_PROGRAM)], keys: [] },
    {
      name: "bash",
      command: ["bash", "-c", `cd ${folder} && ${bash}`],
      keys: [
        "echo hello world\r",
        "ls -la --color=always\r",
        "echo a long line that wraps around the end of the screen because it is much longer than eighty columns",
        "\x01",
        "\x1bf",
        "\x1bf",
        "\x0b",
        "\x19",
        "\x15",
        "cat sample.js\r",
        "grep -n --color=always value1 sample.js\r",
        "\x12sam",
        "\x07",
        "\x1b[A",
        "\x1b[A",
        "\x1b[D\x1b[D\x1b[D",
        "XYZ",
        "\x7f\x7f",
        "\x0c",
        "printf '\\e[31mred\\e[0m\\n'\r",
        "ls sam\t",
        "\x03",
        "seq 200\r",
        "exit\r",
      ],
    },
    { name: "cjk-log", command: ["python3", python("cjk", CJK_LOG)], keys: [] },
    { name: "sgr-log", command: ["python3", python("sgr", SGR_LOG)], keys: [] },
  ];
}

/** In a process namespace of its own (needs root), so that no other process of the machine is seen. */
function alone(program: string): readonly [string, ...string[]] {
  const company = "for n in 1 2 3 4 5 6 7 8 9; do sleep 10$n & done; (yes > /dev/null & sleep 9; kill $!) &";
  return ["unshare", "--fork", "--pid", "--mount-proc", "sh", "-c", `${company} ${program}`];
}

/** Names of this machine and its user become neutral ones of the same length, so that columns stay where they are. */
function scrub(bytes: Buffer, folder: string): Buffer {
  let text = bytes.toString("latin1");
  const neutral = (name: string) => "sample-name-for-a-fixture-".repeat(4).slice(0, name.length);
  for (const name of [folder, hostname(), userInfo().username]) {
    if (name.length > 2)
      text = text.replaceAll(name, name.startsWith("/") ? `/${neutral(name.slice(1))}` : neutral(name));
  }
  return Buffer.from(text, "latin1");
}

function record({ name, command: [file, ...args], keys }: Recording): Promise<Buffer> {
  return new Promise((resolve) => {
    const env = {
      PATH: process.env["PATH"] ?? "",
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      HOME: "/nonexistent",
      USER: "user",
    };
    const pty = spawn(file, args, { cols: COLS, rows: ROWS, env, encoding: null });
    const chunks: Buffer[] = [];
    pty.onData((data) => chunks.push(Buffer.from(data as unknown as Buffer)));
    let at = 0;
    const timer = setInterval(() => {
      const key = keys[at++];
      if (key !== undefined) pty.write(key);
    }, KEY_INTERVAL_MS);
    pty.onExit(() => {
      clearInterval(timer);
      const bytes = Buffer.concat(chunks);
      console.log(name, bytes.length);
      resolve(bytes);
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), "record-"));
const target = fileURLToPath(new URL("../fixtures/recordings/", import.meta.url));
mkdirSync(target, { recursive: true });
for (const recording of recordings(folder)) {
  const bytes = scrub(await record(recording), folder);
  writeFileSync(join(target, `${recording.name}.bin`), bytes.subarray(0, MAX_BYTES));
}
rmSync(folder, { recursive: true });
