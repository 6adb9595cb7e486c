// Debian's chromium on the built web terminal: pages opened by the printed address, and what they show.
import { existsSync } from "node:fs";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import type { Sandbox } from "./sandbox.js";

const EXECUTABLE = "/usr/bin/chromium";

export const hasChromium = existsSync(EXECUTABLE);

/** @param options.webgl off by default: without it the DOM holds the text that is on the screen. */
export function launchBrowser(options: { webgl?: boolean } = {}): Promise<Browser> {
  const args = ["--no-sandbox", ...(options.webgl ? [] : ["--disable-3d-apis"])];
  return chromium.launch({ executablePath: EXECUTABLE, args });
}

/** A tab of its own, and what it has complained about. */
export class WebTab {
  readonly page: Page;
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => this.complaints.push(String(error.stack)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        this.complaints.push(message.text());
    });
  }

  /** Through a fresh printed link of `agentd web ARGS`. */
  static async open(context: BrowserContext, sandbox: Sandbox, ...args: readonly string[]): Promise<WebTab> {
    const tab = new WebTab(await context.newPage());
    await tab.page.goto(printedUrl(sandbox, ...args));
    return tab;
  }

  /** From the list into a shell; resolves when its screen is drawn. */
  async enter(name: string): Promise<void> {
    await this.page.getByRole("link", { name, exact: true }).click();
    await this.drawn();
  }

  async drawn(): Promise<void> {
    await this.page.locator('.shell-page[data-link="live"] .shell-screen.drawn').waitFor();
  }

  /** Resolves when the screen shows `text`. */
  async shows(text: string | RegExp, timeoutMs = 15_000): Promise<void> {
    const source = typeof text === "string" ? text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") : text.source;
    await this.page.waitForFunction(
      (pattern) => {
        const rows = [...document.querySelectorAll(".xterm-rows > div")];
        const lines = rows.map((row) => (row.textContent ?? "").replaceAll("\u00a0", " ").trimEnd());
        return new RegExp(pattern, "m").test(lines.join("\n"));
      },
      source,
      { timeout: timeoutMs },
    );
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  async run(command: string): Promise<void> {
    await this.type(command);
    await this.page.keyboard.press("Enter");
  }

  /** What the page says of its link. */
  linkText(): Promise<string> {
    return this.page.locator(".status .link").innerText();
  }
}

export function printedUrl(sandbox: Sandbox, ...args: readonly string[]): string {
  const { status, stdout, stderr } = sandbox.run(["web", "--print-url", ...args]);
  const url = /http:\/\/\S+#k=\S+/.exec(stdout)?.[0];
  if (status !== 0 || url === undefined)
    throw new Error(`agentd web ended with ${status}: ${stdout}${stderr}`);
  return url;
}

/** Everything that a page may do is its own: no storage is shared between two of these. */
export function newContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  return browser.newContext({ viewport: { width: 1000, height: 640 }, colorScheme: "dark", ...options });
}
