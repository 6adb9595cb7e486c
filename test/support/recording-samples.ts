// What the recorded programs work on: a folder of samples that says nothing about the machine it was made on.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

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

const MARKDOWN = Array.from(
  { length: 12 },
  (_, part) =>
    `# Part ${part} — 漢字\n\nSome *text* with \`code\`, **bold words** and a [link](http://example.test/${part}).\n\n` +
    `- one\n- two 😀\n\n\`\`\`js\nconst part = ${part}; // comment\n\`\`\`\n\n> quoted ${"words ".repeat(20)}\n`,
).join("\n");

const PYTHON = `import os\n\n\nclass Sample(object):\n    """Text — 日本語."""\n\n    def run(self, count: int = 3) -> list[str]:\n        # comment\n        return [f"{n:>4}" for n in range(count) if n % 2 == 0 and os.path]\n`;

const HTML = `<html><head><title>Sample — 漢字</title></head><body><h1>Heading</h1><p>Text with <a href="#t">a link</a>, <b>bold</b>, <i>italic</i> and <u>underline</u>. ${"More words follow. ".repeat(30)}</p>
<form><input name=a value=text> <select name=b><option>one<option>two</select> <input type=checkbox> <input type=submit></form>
<ul>${Array.from({ length: 30 }, (_, n) => `<li><a href="#${n}">item ${n} 日本</a>`).join("")}</ul>
<table border=1 id=t>${Array.from({ length: 8 }, (_, n) => `<tr><td>cell ${n}<td>${n * n}<td>é → “x”</tr>`).join("")}</table></body></html>`;

const MAIL = ["first", "second", "third — 漢字"]
  .map(
    (subject, n) =>
      `From a@example.test Thu Jan  1 00:00:0${n} 2020\nFrom: Ada <a@example.test>\nTo: b@example.test\nSubject: ${subject}\nDate: Thu, 1 Jan 2020 00:00:0${n} +0000\nMessage-ID: <${n}@example.test>\nContent-Type: text/plain; charset=utf-8\nStatus: O\n\n${"A line of the message — with text.\n> and quoted text\n".repeat(12)}\n`,
  )
  .join("");

const JSON_SAMPLE = JSON.stringify(
  Array.from({ length: 25 }, (_, n) => ({
    id: n,
    name: `name ${n} 漢字`,
    on: n % 2 === 0,
    none: null,
    list: [n, n / 3],
  })),
);

const files: Record<string, string> = {
  "curses-program.py": CURSES_PROGRAM,
  "sgr-log.py": SGR_LOG,
  "cjk-log.py": CJK_LOG,
  "sample.js": SAMPLE,
  "other.js": SAMPLE.split("\n")
    .flatMap((line, n) =>
      n % 31 === 7 ? [`${line} // changed`] : n % 47 === 3 ? [] : n % 53 === 9 ? [line, "added"] : [line],
    )
    .join("\n"),
  "sample.md": MARKDOWN,
  "sample.py": PYTHON,
  "sample.html": HTML,
  "sample.json": JSON_SAMPLE,
  box: MAIL,
  muttrc:
    "set header_cache=\nset realname='Ada'\nset from=a@example.test\nset hostname=example.test\ncolor indicator black cyan\ncolor header yellow default ^Subject\ncolor quoted green default\nset sort=threads\n",
  pinerc: "personal-name=Ada\nuser-domain=example.test\nlast-version-used=9.99\n",
  "tmux.conf":
    "set -g default-command 'PS1=\"$ \" HISTFILE= bash --norc --noprofile -i'\nset -g status-right ''\nset -g mouse on\n",
  screenrc: "startup_message off\nshell /bin/sh\nhardstatus alwayslastline '%{= bw}%-w%{+b}%n %t%-'\n",
  "counter.c":
    "int twice(int n) {\n  int sum = 0;\n  for (int i = 0; i < n; i++)\n    sum += i;\n  return sum;\n}\n\nint main(void) {\n  int total = 0;\n  for (int i = 0; i < 9; i++) {\n    total += twice(i);\n  }\n  return total > 3;\n}\n",
  ".inputrc": "set enable-bracketed-paste on\n",
};

/** Makes the samples below `folder`, which must be empty. */
export function makeSamples(folder: string): void {
  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  for (let n = 0; n < 12; n++)
    write(`sub/${n % 3 === 0 ? "深い" : "deep"}${n % 3}/file-${n}.txt`, "x".repeat(n * 997));
  write("zeros", new Uint8Array(2_000_000));
  const sh = (command: string) =>
    spawnSync("sh", ["-ec", command], {
      cwd: folder,
      env: {
        ...process.env,
        HOME: folder,
        GIT_AUTHOR_DATE: "2020-01-01T00:00:00Z",
        GIT_COMMITTER_DATE: "2020-01-01T00:00:00Z",
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
  sh(
    "gcc -g -O0 -o counter counter.c; mkdir -p debs calendar && cd debs && apt-get -qq download sl tree figlet",
  );
  sh(
    "git init -q -b main . && git config user.name Ada && git config user.email a@example.test && git add sample.md sample.py other.js" +
      ' && git commit -qm first && for n in 1 2 3; do sed -i $n"0,"$n"3s/e/E$n/" other.js; echo "line $n — 漢字" >> sample.py; git commit -qam "change $n"; done' +
      " && git checkout -q -b side HEAD~2 && echo side > side.txt && git add side.txt && git commit -qm 'on the side' && git checkout -q main && git merge -q -m merged side" +
      " && sed -i '5s/a/changed/;30,31d;90s/$/ tail/' other.js && echo more >> sample.md",
  );
}
