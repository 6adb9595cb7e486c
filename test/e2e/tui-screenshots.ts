// Writes docs/images/*.png: the TUI in a real terminal, its cells as HTML, photographed by Chromium. `npm run screenshots`.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAnsiLine } from "../../client/tui/ansi-line.js";
import { glyphs } from "../../client/tui/text-width.js";
import { program, Sandbox } from "../support/sandbox.js";
import { Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const SIZE = { cols: 120, rows: 32 };
const CELL = { width: 8.4, height: 17 };
const PAD = 12;
const images = join(import.meta.dirname, "..", "..", "docs", "images");

/** The colours of a quiet dark theme: 0..7, then the bright ones. */
const PALETTE =
  "#1c2128 #f47067 #57ab5a #c69026 #539bf5 #b083f0 #39c5cf #adbac7 #636e7b #ff938a #6bc46d #daaa3f #6cb6ff #dcbdfb #56d4dd #cdd9e5".split(
    " ",
  );
const INK = "#adbac7";
const PAPER = "#22272e";

interface Pen {
  ink: string;
  paper: string;
  bold: boolean;
  dim: boolean;
  inverse: boolean;
}

function palette(index: number): string {
  if (index < 16) return PALETTE[index] ?? INK;
  if (index >= 232) return `rgb(${Array(3).fill(8 + (index - 232) * 10)})`;
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return `rgb(${level(Math.floor(cube / 36))},${level(Math.floor(cube / 6) % 6)},${level(cube % 6)})`;
}

function penOf(style: string): Pen {
  const pen: Pen = { ink: INK, paper: "", bold: false, dim: false, inverse: false };
  const codes = style.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 1) pen.bold = true;
    else if (code === 2) pen.dim = true;
    else if (code === 7) pen.inverse = true;
    else if (code === 22) pen.bold = pen.dim = false;
    else if (code === 27) pen.inverse = false;
    else if (code === 39) pen.ink = INK;
    else if (code === 49) pen.paper = "";
    else if (code >= 30 && code <= 37) pen.ink = palette(code - 30);
    else if (code >= 90 && code <= 97) pen.ink = palette(code - 82);
    else if (code >= 40 && code <= 47) pen.paper = palette(code - 40);
    else if (code >= 100 && code <= 107) pen.paper = palette(code - 92);
    else if (code === 38 || code === 48) {
      const isIndexed = codes[at + 1] === 5;
      const color = isIndexed ? palette(codes[at + 2] ?? 0) : `rgb(${codes.slice(at + 2, at + 5)})`;
      at += isIndexed ? 2 : 4;
      if (code === 38) pen.ink = color;
      else pen.paper = color;
    }
  }
  return pen;
}

/** Every character in a box of its own, so that no font moves a column. */
function toHtml(screen: string): string {
  const boxes: string[] = [];
  screen
    .split("\n")
    .slice(0, SIZE.rows)
    .forEach((line, y) => {
      let x = 0;
      for (const { style, text } of parseAnsiLine(line)) {
        const pen = penOf(style);
        const [ink, paper] = pen.inverse ? [pen.paper || PAPER, pen.ink] : [pen.ink, pen.paper];
        for (const glyph of glyphs(text)) {
          const place = `left:${PAD + x * CELL.width}px;top:${PAD + y * CELL.height}px;width:${glyph.width * CELL.width + 0.3}px`;
          const look = `color:${ink};${paper === "" ? "" : `background:${paper};`}${pen.bold ? "font-weight:bold;" : ""}`;
          const faint = pen.dim ? `<i>${escapeHtml(glyph.text)}</i>` : escapeHtml(glyph.text);
          if (glyph.text !== " " || paper !== "") boxes.push(`<b style="${place};${look}">${faint}</b>`);
          x += glyph.width;
        }
      }
    });
  return `<!doctype html><meta charset="utf-8"><style>body{margin:0;background:${PAPER}}
b{position:absolute;height:${CELL.height}px;line-height:${CELL.height}px;font:400 14px/${CELL.height}px "DejaVu Sans Mono","IPAGothic","Noto Color Emoji",monospace;white-space:pre;overflow:visible}
i{font-style:normal;opacity:.6}</style>${boxes.join("")}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function photograph(screen: string, name: string, directory: string): void {
  const page = join(directory, `${name}.html`);
  writeFileSync(page, toHtml(screen));
  const size = [SIZE.cols * CELL.width + 2 * PAD, SIZE.rows * CELL.height + 2 * PAD].map(Math.ceil).join(",");
  execFileSync(
    process.env["CHROMIUM"] ?? "chromium",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--hide-scrollbars",
      `--user-data-dir=${join(directory, "chromium")}`,
      `--window-size=${size}`,
      `--screenshot=${join(images, `${name}.png`)}`,
      `file://${page}`,
    ],
    { stdio: "ignore", timeout: 60_000 },
  );
}

const sandbox = new Sandbox({ PS1: "\\[\\e[32m\\]\\w\\[\\e[m\\] $ " });
writeFileSync(
  sandbox.env["AGENTD_CONFIG"] ?? "",
  ["dev", "staging"]
    .map(
      (name) =>
        `[targets.${name}]\nruntime = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/${name}-AbC"\n`,
    )
    .join("\n"),
);
const tmux = new Tmux(sandbox.env, SIZE);
try {
  mkdirSync(images, { recursive: true });
  const bash = ["bash", "--norc", "--noprofile"];
  const make = (name: string, script?: string) =>
    sandbox.run([
      "new",
      "-d",
      "--local",
      name,
      "--",
      ...(script === undefined ? bash : ["bash", "-c", script]),
    ]);
  const title = (text: string) => `printf '\\033]0;${text}\\007'`;
  const checks = [
    "parser",
    "replay resolver",
    "size policy",
    "snapshot of wide characters 日本語 📦",
    "output filter",
  ];
  make(
    "tests",
    `${title("vitest · 412 of 412")}; printf '\\033[1mnpm test\\033[m\\n\\n'; ${checks.map((check) => `printf ' \\033[32m✓\\033[m ${check} \\033[2m%s\\033[m\\n' "(${check.length * 3} tests)"`).join("; ")}; printf '\\n \\033[7;32m PASS \\033[m all is well   \\033[33m1 slow\\033[m\\n\\n'; exec sleep 1000`,
  );
  make("build", `${title("esbuild --watch")}; exec sleep 1000`);
  make("deploy", "exit 3");
  make("editor", `${title("vim src/main.ts")}; exec sleep 1000`);
  make("web", `${title("dev server 日本 📦")}; exec sleep 1000`);
  sandbox.run(["label", "build", "team=core"]);
  sandbox.run(["label", "web", "env=prod", "team=web"]);
  tmux.open(`${process.execPath} ${program("agentd")} attach editor`);
  const pane = tmux.open(process.execPath.concat(" ", program("agentd"), " tui tests"));
  await pane.waitFor("all is well");
  await pane.waitFor(/editor .* 1 pts/);
  const shoot = async (name: string, text: string | RegExp) => {
    await pane.waitFor(text);
    // With the blanks at the ends of the lines: the bar of the selection is made of them.
    photograph(tmux.run("capture-pane", "-p", "-e", "-N", "-t", pane.id), name, sandbox.home);
  };
  await shoot("tui", "all is well");
  pane.type("?");
  await shoot("tui-help", "asks first");
  pane.type("q", "n");
  await pane.waitFor("new shell");
  pane.type("api", "Tab");
  await shoot("tui-new", /name +api/);
  pane.type("C-c");
  await until("the form is closed", () => !pane.capture().includes("new shell"));
  pane.type("/", "editor", "Enter", "d");
  await shoot("tui-details", "no output lost");
} finally {
  tmux.dispose();
  sandbox.dispose();
}
