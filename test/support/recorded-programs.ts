// The programs that are recorded as fixtures: how each is started, and what is typed into it.

/** Typed when the output is quiet; with `after`, when that has been printed since the last keys too. */
export type Step = string | readonly [after: string, keys: string];

export interface RecordedProgram {
  readonly name: string;
  /** A line for `sh`, run in the folder of the samples. */
  readonly command: string;
  readonly steps?: readonly Step[];
  /** It runs by itself: ended after this many seconds. */
  readonly seconds?: number;
  readonly cols?: number;
  readonly rows?: number;
  readonly maxBytes?: number;
}

const UP = "\x1b[A";
const DOWN = "\x1b[B";
const RIGHT = "\x1b[C";
const LEFT = "\x1b[D";
const PAGE_DOWN = "\x1b[6~";
const PAGE_UP = "\x1b[5~";
const END = "\x1b[F";
const ESCAPE = "\x1b";
const ENTER = "\r";

/** In a process namespace of its own (needs root), so that no other process of the machine is seen. */
function alone(program: string): string {
  const company = "for n in 1 2 3 4 5 6 7 8 9; do sleep 10$n & done; (yes > /dev/null & sleep 9; kill $!) &";
  return `unshare --fork --pid --mount-proc sh -c '${company} ${program}'`;
}

const BASH = "PS1='\\[\\e[32m\\]\\w\\[\\e[0m\\]\\$ ' HISTFILE= bash --norc --noprofile -i";

/** One line of each kind that readline and its relatives redraw: wrapped, edited in the middle, searched, completed. */
const LINE_EDITING: readonly Step[] = [
  "echo a long line that wraps around the end of the screen because it is much longer than eighty columns",
  "\x01",
  "\x1bf\x1bf",
  "wide 漢字 ",
  "\x0b",
  "\x19",
  ENTER,
  "ls --color=always -la\r",
  "seq 30\r",
  UP,
  UP,
  LEFT + LEFT + LEFT,
  "\x7f\x7f",
  "\x05\r",
  "\x12ech",
  "\x07",
  "cat sam\t",
  "\t",
  "\x03",
  "\x0c",
  "exit\r",
];

export const recordedPrograms: readonly RecordedProgram[] = [
  {
    name: "vim",
    command: "vim -u NONE -N -n --cmd 'syntax on | set number hlsearch ruler showcmd' sample.js",
    steps: [
      ..."\x06 \x06 /value4\r n n ddp ihello-日本 \x1b :split\r \x04 \x04 G gg yy20p u :vsplit\r \x06 :help\r \x06 :qa!\r".split(
        " ",
      ),
    ],
  },
  {
    name: "vimdiff",
    command: "vimdiff -u NONE -n sample.js other.js",
    steps: ["]c", "]c", "do", "zR", "\x06", "G", "gg", ":qa!\r"],
  },
  {
    name: "less",
    command: "less -N sample.js",
    steps: [
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
      "b",
      "?const\r",
      "n",
      "50g",
      RIGHT,
      RIGHT,
      LEFT,
      "q",
    ],
  },
  {
    name: "htop",
    command: alone("htop -d 2"),
    steps: [DOWN, DOWN, "t", "\x1bOR", ESCAPE, "t", "H", PAGE_DOWN, "", UP, "P", "", "M", "", "I", "", "q"],
  },
  { name: "top", command: alone("top -d 0.3"), steps: ["z", "x", "1", "c", "", "", "V", "", "", "q"] },
  { name: "curses", command: "python3 curses-program.py" },
  {
    name: "bash",
    command: BASH,
    steps: ["cat sample.js\r", "grep -n --color=always value1 sample.js\r", "seq 200\r", ...LINE_EDITING],
  },
  { name: "cjk-log", command: "python3 cjk-log.py" },
  { name: "sgr-log", command: "python3 sgr-log.py" },

  // Editors.
  {
    name: "nano",
    command: "nano -l sample.js",
    steps: [
      "\x16",
      "\x16",
      "hello 漢字",
      ENTER,
      "\x0b",
      "\x0b",
      "\x15",
      "\x17value30\r",
      "\x1f250\r",
      END,
      "tail",
      "\x0c",
      "\x07",
      "\x18",
      "\x18",
      "n",
    ],
  },
  {
    name: "emacs",
    command: "emacs -nw -Q sample.js",
    steps: [
      "\x16",
      "\x16",
      "hello 漢字",
      "\x182",
      "\x1bv",
      "\x18o",
      "\x13value30",
      ENTER,
      "\x183",
      "\x1b>",
      "\x1bx",
      "calendar\r",
      "\x181",
      "\x08t",
      "\x16",
      "\x18\x03",
      "y",
      "yes\r",
    ],
  },
  {
    name: "joe",
    command: "joe sample.js",
    steps: ["\x16", "text ", "\x0bo", "\x0bh", "\x0bh", "\x0bf", "value30\r", ENTER, "\x19", "\x03", "y"],
  },
  {
    name: "micro",
    command: "micro sample.js",
    steps: [
      PAGE_DOWN,
      "text 漢字",
      "\x06",
      "value30\r",
      "\x17",
      "\x05",
      "vsplit\r",
      PAGE_DOWN,
      "\x1b[<0;10;5M\x1b[<0;10;5m",
      "\x11",
      "n",
      "\x11",
      "n",
    ],
  },
  {
    name: "kakoune",
    command: "kak -n sample.js",
    steps: [
      "\x06",
      "/value3",
      ENTER,
      "n",
      "x",
      "d",
      "ihello ",
      ESCAPE,
      "%",
      "s",
      "const\r",
      ":",
      "face",
      ESCAPE,
      "u",
      ":q!\r",
    ],
  },

  // Pagers, viewers, logs.
  {
    name: "man",
    command: "MANROFFOPT=-c man --pager='less -s' ls",
    steps: [" ", " ", "/color\r", "n", "G", "b", "q"],
  },
  {
    name: "git-log",
    command: "git -c core.pager='less -R' log --color --graph --stat -p",
    steps: [" ", " ", " ", "/value\r", "b", "G", "q"],
  },
  { name: "git-add", command: "git add -p", steps: ["y\r", "?\r", "s\r", "n\r", "q\r"] },
  {
    name: "git-diff",
    command:
      "git --no-pager diff --color-words --stat -p HEAD~3; git --no-pager branch -vv --color; git --no-pager log --oneline --decorate --color",
  },
  { name: "bat", command: "batcat --paging=never --color=always --terminal-width=80 -n sample.md sample.py" },
  { name: "jq", command: "jq -C . sample.json" },
  {
    name: "tree",
    command: "tree -C . ; ls --color=always -lR --hyperlink=always sub | sed 's/ [A-Z][a-z][a-z] .. .....//'",
  },
  {
    name: "lolcat",
    command: "for n in 1 2 3 4; do figlet agentd | lolcat -f -S $n; toilet -f mono12 --gay term; done",
  },
  {
    name: "toilet",
    command:
      "for f in mono12 future pagga emboss; do toilet -f $f --metal shells; toilet -F border --gay -f $f live; done",
  },
  {
    name: "tig",
    command: "tig",
    steps: [DOWN, ENTER, " ", "q", "t", ENTER, "q", "h", "q", "/file\r", "q", "q"],
  },

  // File managers, lists, menus.
  {
    name: "mc",
    command: "mc -u sub .",
    steps: [
      DOWN,
      DOWN,
      "\x1b3",
      PAGE_DOWN,
      "\x1b0",
      "\t",
      "\x1b9",
      RIGHT,
      DOWN,
      ESCAPE + ESCAPE,
      "\x1b7",
      "new 漢字",
      ESCAPE + ESCAPE,
      "\x1b4",
      "x",
      "\x1b0",
      "n",
      "\x1b0",
      ENTER,
    ],
  },
  {
    name: "ranger",
    command: "ranger --clean .",
    steps: ["j", "j", "l", "h", "zh", "i", "q", "/sam", ENTER, "?", ESCAPE, "q"],
  },
  {
    name: "vifm",
    command: "vifm .",
    steps: ["j", "j", "t", "v", "j", ESCAPE, ":split\r", "w", "e", "q", "za", ":q!\r"],
  },
  { name: "ncdu", command: "ncdu --color dark sub", steps: [DOWN, "g", "?", RIGHT, "q", "i", "i", "n", "q"] },
  {
    name: "fzf",
    command: "seq 1 4000 | fzf --multi --preview 'seq {} $(({}+30))' --preview-window=right",
    steps: ["1", "2", "\t", UP, "\t", "\x7f", UP, UP, "'3", "\x15", ENTER],
  },
  {
    name: "dialog",
    command:
      "dialog --colors --title T --msgbox '\\Zb\\Z1red\\Zn text' 8 40 --and-widget --menu pick 15 50 5 a one b two c 漢字 --and-widget --gauge half 8 40 50 --and-widget --calendar day 5 40 1 1 2020 --and-widget --inputbox name 8 40",
    steps: [ENTER, DOWN, DOWN, ENTER, "\t", RIGHT, DOWN, ENTER, "some text", LEFT, ENTER],
  },
  {
    name: "whiptail",
    command:
      "for p in 10 40 70 100; do echo $p; sleep 0.1; done | whiptail --gauge wait 7 50 0; whiptail --checklist list 14 60 5 a one on b two off c three off; whiptail --yesno sure 8 30; whiptail --textbox sample.md 20 60 --scrolltext",
    steps: [["three", DOWN], " ", "\t", ENTER, "\t", ENTER, DOWN, PAGE_DOWN, "\t", ENTER],
  },
  {
    name: "aptitude",
    command: "aptitude --disable-columns -w 80 2>/dev/null",
    steps: [["aptitude", DOWN], ENTER, DOWN, ENTER, "/less\r", "D", "?", "q", "\x14", ESCAPE, "Q"],
    seconds: 12,
  },
  {
    name: "calcurse",
    command: "calcurse -q -D calendar",
    steps: [
      "",
      "\t",
      "l",
      "l",
      "a",
      "10:00\r",
      "11:00\r",
      "an 漢字 day\r",
      "\t",
      "a",
      "todo\r",
      "1",
      "?",
      "q",
      "q",
      "y",
    ],
  },

  // Shells and prompts.
  {
    name: "zsh",
    command: "PS1='%F{green}%~%f %# ' zsh -f -i",
    steps: [
      "autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' menu select\r",
      "ls sam\t",
      "\t",
      "\t",
      RIGHT,
      "\x03",
      ...LINE_EDITING,
    ],
  },
  {
    name: "fish",
    command: "fish --private --no-config",
    steps: [["Welcome", "echo hello\r"], ...LINE_EDITING],
  },
  {
    name: "python",
    command: "python3 -q -i -c 'import sys; sys.ps1=\"\\001\\033[32m\\002>>> \\001\\033[0m\\002\"'",
    steps: [
      "import this\r",
      "for n in range(40): print('row', n)\r\r",
      "1/0\r",
      UP,
      UP,
      "\x12row",
      ENTER,
      "\r",
      "'x' * 200\r",
      "\x04",
    ],
  },
  {
    name: "ipython",
    command: "ipython3 --no-banner --profile-dir=ipython --HistoryManager.enabled=False",
    steps: [
      ["In [", "def f(x):\r"],
      "return [x, '漢字']\r",
      "\r\r",
      "f(1)\r",
      "import o",
      "\t",
      "\t",
      "\x03",
      "1/0\r",
      UP,
      UP,
      "\x12ret",
      "\x07",
      "f?\r",
      "q",
      "\x04",
      "y\r",
    ],
  },
  {
    name: "node",
    command: "NODE_REPL_HISTORY= NODE_NO_READLINE= node",
    steps: [
      ["> ", "const a = {b: [1, 'two', /three/], c: new Map([[1, 2]])}\r"],
      "a\r",
      "a.b.m",
      "\t",
      "\t",
      "ap(String)\r",
      "Array.from({length: 60}, (_, i) => i * i)\r",
      "throw new Error('no')\r".replace("throw", "JSON.parse('{') ;"),
      UP,
      "\x12map",
      "\x03",
      ".exit\r",
    ],
  },
  {
    name: "sqlite",
    command: "sqlite3 -interactive",
    steps: [
      ["sqlite>", ".mode box\r"],
      "create table t(a, b);\r",
      "insert into t values (1, 'one'), (2, '漢字'), (3, NULL);\r",
      "select *, a*a from t;\r",
      "select\rfrom;\r",
      UP,
      UP,
      "\r",
      ".help\r",
      ".quit\r",
    ],
  },
  {
    name: "gdb",
    command: "gdb -q -nx -tui -ex 'set style enabled on' -ex 'set pagination off' ./counter",
    steps: [
      "break 4\r",
      "run\r",
      "next\r",
      "next\r",
      "layout regs\r",
      "next\r",
      "layout split\r",
      "stepi\r",
      "info locals\r",
      "tui disable\r",
      "tui enable\r",
      "kill\r",
      "y\r",
      "quit\r",
    ],
  },
  {
    name: "script",
    command: "script -q -c 'ls --color=always; printf \"\\033[1mbold\\033[0m\\n\"; stty size' /dev/null",
  },

  // Terminals in the terminal.
  {
    name: "tmux",
    command: "tmux -L recorded -f tmux.conf new -s work",
    steps: [
      "ls --color=always\r",
      "\x02%",
      "seq 50\r",
      '\x02"',
      "printf '\\033[31mred\\033[0m 漢字\\n'\r",
      "\x02[",
      PAGE_UP,
      "q",
      "\x02z",
      "\x02z",
      "\x02w",
      "q",
      "\x02c",
      "less sample.js\r",
      " ",
      "q",
      "\x02n",
      "\x02:",
      "kill-server\r",
    ],
  },
  {
    name: "screen",
    command: "screen -c screenrc -q",
    steps: [
      "ls --color=always\r",
      "seq 60\r",
      "\x01S",
      "\x01\t",
      "\x01c",
      "less sample.js\r",
      " ",
      " ",
      "q",
      "\x01[",
      PAGE_UP,
      ESCAPE,
      "\x01?",
      " ",
      "exit\r",
      "exit\r",
    ],
  },

  // Mail and the web.
  {
    name: "neomutt",
    command: "neomutt -n -F muttrc -f box",
    steps: [DOWN, ENTER, " ", "q", "/second\r", "?", " ", "q", "c", "\x07", "x"],
  },
  {
    name: "alpine",
    command: "alpine -p pinerc -f /tmp/sample/box -i",
    steps: ["", "e", "", ENTER, "i", DOWN, ENTER, " ", "<", "?", "e", "q", "y"],
    seconds: 8,
  },
  {
    name: "w3m",
    command: "w3m sample.html",
    steps: ["\t", "\t", " ", "b", "/table\r", "H", "B", "=", "B", "q", "y"],
  },
  {
    name: "lynx",
    command: "lynx -cfg=/dev/null sample.html",
    steps: [DOWN, DOWN, " ", "b", "=", LEFT, "h", LEFT, "/table\r", "o", "q", "y"],
  },
  {
    name: "elinks",
    command: "elinks -no-home sample.html",
    steps: ["", ENTER, DOWN, DOWN, " ", ESCAPE, RIGHT, DOWN, ESCAPE, "=", ENTER, "\\", "\\", "q", ENTER],
  },

  // Progress: one line redrawn, and a line kept below a scroll region.
  {
    name: "apt-progress",
    command:
      "apt-get -o Dpkg::Progress-Fancy=1 -o Dir::Etc::sourceparts=/dev/null -o APT::Color=1 install --reinstall -y ./debs/*.deb",
  },
  {
    name: "pv",
    command:
      "head -c 6000000 /dev/zero | pv -s 6000000 -L 3000000 -i 0.1 > /dev/null; seq 40 | pv -l -s 40 -L 40 -i 0.1 -N 'named 漢字' > /dev/null",
    seconds: 6,
  },
  {
    name: "curl",
    command:
      "for n in 1 2; do curl --limit-rate 1M -o /dev/null -# file://$PWD/zeros; curl --limit-rate 2M -o /dev/null file://$PWD/zeros; done",
  },
  {
    name: "wget",
    command:
      "wget --progress=bar:force:scroll --limit-rate=1500k --no-verbose --show-progress -O /dev/null http://127.0.0.1:8923/zeros http://127.0.0.1:8923/sample.html http://127.0.0.1:8923/missing",
  },
  { name: "dd", command: "dd if=/dev/zero of=/dev/null bs=1M count=60000 status=progress", seconds: 3.3 },

  // Full-screen animation.
  {
    name: "btop",
    command: alone("btop -p 1 --utf-force"),
    steps: ["", "", "2", "1", "m", "", ESCAPE, "f", "sleep", ENTER, "", "q"],
    maxBytes: 60_000,
  },
  {
    name: "watch",
    command:
      "watch -n 0.2 -d -c 'printf \"\\033[3%dmtick %s\\033[0m\\n\" $(($(date +%N | cut -c1 | tr 89 67))) $(date +%N); seq 5'",
    seconds: 3,
  },
  { name: "nload", command: alone("nload -t 200 lo"), steps: ["", "", "", RIGHT, "", "", "q"] },
  { name: "cmatrix", command: "cmatrix -b -u 3 -C cyan", seconds: 2.5, maxBytes: 40_000 },
  { name: "sl", command: "sl -e -F", seconds: 9, maxBytes: 40_000 },

  // Games.
  {
    name: "nethack",
    command:
      "NETHACKOPTIONS='!autopickup,color,DECgraphics,name:player,role:v,race:h,gender:f,align:n,!legacy,windowtype:tty' nethack -D",
    steps: [
      " ",
      "",
      " ",
      "y",
      "l",
      "l",
      "j",
      "h",
      "k",
      "i",
      ESCAPE,
      "s",
      "?",
      ESCAPE,
      "#",
      "pray",
      ESCAPE,
      ESCAPE,
      "#quit\ry",
      "q",
      "q",
      " ",
      " ",
    ],
    seconds: 8,
  },
  {
    name: "bastet",
    command: "bastet",
    steps: ["", ENTER, "", ENTER, LEFT, UP, " ", RIGHT, " ", " ", "p", "p", " ", " ", " ", " ", " ", "\x03"],
    seconds: 7,
    maxBytes: 40_000,
  },
];
