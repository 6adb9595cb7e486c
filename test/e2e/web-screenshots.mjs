// Takes the pictures of the web terminal that are in docs/images: the built programs, a real daemon, Debian's chromium.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const root = join(import.meta.dirname, "..", "..");
const images = join(root, "docs", "images");
mkdirSync(images, { recursive: true });
const home = realpathSync(mkdtempSync(join(tmpdir(), "agentd-pictures-")));
const env = {
  HOME: home,
  PATH: process.env.PATH,
  LANG: "C.UTF-8",
  TERM: "xterm-256color",
  SHELL: "/bin/bash",
  PS1: "\\[\\e[32m\\]me@box\\[\\e[0m\\]:\\[\\e[34m\\]\\w\\[\\e[0m\\]$ ",
  AGENTD_RUNTIME_DIR: join(home, "run"),
  AGENTD_STATE_DIR: join(home, "state"),
  AGENTD_CONFIG: join(home, "config.toml"),
};

const agentd = (...args) => {
  const result = spawnSync(process.execPath, [join(root, "dist", "agentd.cjs"), ...args], {
    env,
    cwd: home,
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(`agentd ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.trim();
};
const make = (name, ...command) => agentd("new", "-d", name, "--", ...command);

const SOURCE = `# Reads the orders of a day and says what they are worth.
import csv
from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    name: str
    amount: int
    price: float

    @property
    def value(self) -> float:
        return self.amount * self.price


def read_orders(path: str) -> list[Order]:
    with open(path, newline="") as file:
        return [Order(row["name"], int(row["amount"]), float(row["price"])) for row in csv.DictReader(file)]


if __name__ == "__main__":
    orders = read_orders("orders.csv")
    print(f"{len(orders)} orders, {sum(order.value for order in orders):.2f} in all")
`;

const bash = ["bash", "--norc", "--noprofile"];
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--font-render-hinting=none"],
});
try {
  writeFileSync(
    env.AGENTD_CONFIG,
    '[targets.staging]\nruntime = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/staging-AbCdEf"\n',
  );
  const project = join(home, "project");
  mkdirSync(project);
  writeFileSync(join(home, "orders.py"), SOURCE);
  make(
    "api",
    "bash",
    "-c",
    'for i in $(seq 40); do printf "\\e[2m12:%02d:07\\e[0m \\e[3%dm%s\\e[0m GET /orders/%d \\e[1m%dms\\e[0m\\n" $i $((i % 5 == 0 ? 3 : 2)) $((i % 5 == 0 ? 404 : 200)) $((i * 37)) $((i * 7 % 90)); done; exec cat',
  );
  make("editor", "vim", "-c", "syntax on", "-c", "set number background=dark", "orders.py");
  make("monitor", "htop");
  make(
    "tests",
    "bash",
    "-c",
    'printf "\\e[32m ✓ \\e[0mreads orders\\n\\e[32m ✓ \\e[0mrounds to cents\\n\\e[31m ✗ \\e[0mempty file\\n\\n\\e[1;31m1 failed\\e[0m, \\e[32m2 passed\\e[0m\\n"; exit 1',
  );
  make("work", ...bash);
  for (const name of ["orders.csv", "notes.md", "report.tar.gz", "deploy.sh"])
    writeFileSync(join(project, name), name.repeat(90));
  chmodSync(join(project, "deploy.sh"), 0o755);
  mkdirSync(join(project, "src"));
  agentd("send", "work", "-l", "cd project; ls --color=always -lgG");
  agentd("send", "work", "Enter");

  const context = async (options) => {
    const made = await browser.newContext({ deviceScaleFactor: 1, ...options });
    const page = await made.newPage();
    page.on("console", (message) => console.log(`page: ${message.text()}`));
    page.on("pageerror", (error) => console.log(`page: ${error.stack}`));
    await page.goto(agentd("web", "--print-url").split("\n").at(-1));
    await page.waitForSelector(".card .name");
    return page;
  };
  const previews = async (page) => {
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll(".card")].filter(
          (card) => card.querySelector(".preview").textContent !== "",
        ).length >= 3,
    );
  };
  const open = async (page, name) => {
    await page.click(`.card .name >> text="${name}"`);
    await page.waitForSelector(".shell-screen.drawn");
    await page.waitForSelector('.link[data-kind="live"]');
    // The size that this window has just given the shell has to be drawn by its program.
    await page.waitForTimeout(1200);
  };
  const shot = (page, name) => page.screenshot({ path: join(images, `web-${name}.png`) });

  const desktop = { viewport: { width: 1200, height: 760 } };
  for (const scheme of ["dark", "light"]) {
    const page = await context({ ...desktop, colorScheme: scheme });
    await previews(page);
    await shot(page, `list-${scheme}`);
    if (scheme === "light") agentd("send", "editor", "-l", ":set background=light");
    if (scheme === "light") agentd("send", "editor", "Enter");
    await open(page, "editor");
    await shot(page, `terminal-${scheme}`);
    await page.context().close();
  }

  const page = await context({ ...desktop, colorScheme: "dark" });
  await previews(page);
  await page.keyboard.press("n");
  await page.waitForSelector("dialog[open]");
  await shot(page, "create");
  await page.keyboard.press("Escape");
  await open(page, "work");
  await page.click('button[aria-label="More"]');
  await shot(page, "menu");
  await page.keyboard.press("Escape");

  const phone = {
    viewport: { width: 390, height: 780 },
    deviceScaleFactor: 1.4,
    hasTouch: true,
    isMobile: true,
    colorScheme: "dark",
  };
  const small = await context(phone);
  await small.waitForFunction(() =>
    [...document.querySelectorAll(".preview")].slice(0, 3).every(({ textContent }) => textContent !== ""),
  );
  await shot(small, "phone-list");
  await open(small, "work");
  await shot(small, "phone-mirror");
  await small.locator(".shell-screen").tap();
  await small.keyboard.type("git status", { delay: 20 });
  await small.waitForTimeout(1200);
  await shot(small, "phone-terminal");

  agentd("daemon", "stop");
  await page.waitForSelector('.link[data-kind="busy"]');
  await page.keyboard.type("make");
  await shot(page, "disconnected");
} finally {
  await browser.close();
  spawnSync(process.execPath, [join(root, "dist", "agentd.cjs"), "daemon", "start"], { env });
  spawnSync(process.execPath, [join(root, "dist", "agentd.cjs"), "daemon", "stop", "--local-shells"], {
    env,
  });
  rmSync(home, { recursive: true, force: true });
}
