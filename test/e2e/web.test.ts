// The web terminal as people meet it: Debian's chromium on the page that the built daemon serves.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { hasChromium, launchBrowser, newContext, printedUrl, WebTab } from "../support/browser.js";
import { Sandbox } from "../support/sandbox.js";
import { until } from "../support/until.js";
import { openAddress, WebPage } from "../support/web-page.js";

const BASH = ["bash", "--norc", "--noprofile"];
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const axePath = join(import.meta.dirname, "..", "..", "node_modules", "axe-core", "axe.min.js");

describe.skipIf(!hasChromium)("the web terminal in a browser", () => {
  let sandbox: Sandbox;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const tabs: WebTab[] = [];

  const context = async (options?: BrowserContextOptions): Promise<BrowserContext> => {
    const made = await newContext(browser, options);
    contexts.push(made);
    return made;
  };
  /** A tab on the list, in a context of its own. */
  const openTab = async (options?: BrowserContextOptions, ...args: string[]): Promise<WebTab> => {
    const tab = await WebTab.open(await context(options), sandbox, ...args);
    tabs.push(tab);
    await tab.page.locator('[data-link="live"]').first().waitFor();
    return tab;
  };
  const openShell = async (name: string, options?: BrowserContextOptions): Promise<WebTab> => {
    const tab = await openTab(options);
    await tab.enter(name);
    return tab;
  };
  const make = (name: string, ...command: string[]) => {
    const result = sandbox.run([
      "new",
      "-d",
      "--local",
      name,
      "--",
      ...(command.length === 0 ? BASH : command),
    ]);
    expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
  };
  const shells = () => sandbox.json<{ shells: ShellInfo[] }>(["ls", "--json"]).shells;
  const shell = (name: string) => shells().find((candidate) => candidate.name === name);
  const capture = (name: string) => sandbox.run(["capture", name]).stdout;
  const daemonPid = () => sandbox.json<{ pid: number }>(["daemon", "status", "--json"]).pid;

  beforeAll(async () => {
    sandbox = new Sandbox();
    browser = await launchBrowser();
  });

  afterEach(async () => {
    for (const made of contexts.splice(0)) await made.close();
    // Also what strict CSP refuses would be here.
    expect(tabs.splice(0).flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    sandbox.dispose();
  });

  it("opens by the printed address, whose key is gone from it at once, and types into a shell", async () => {
    make("first");
    const tab = await openShell("first");
    expect(tab.page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/shell\/first$/);
    await tab.run("echo sum-$((40+2))");
    await tab.shows(/^sum-42$/);
    expect(await tab.linkText()).toBe("live");
    await expect.poll(() => tab.page.title()).toMatch(/^first/);
  });

  it("keeps its token in this tab alone: a reload goes on, another tab has to have a link", async () => {
    make("kept");
    const tab = await openShell("kept");
    await tab.run("echo before-$((1+1))");
    await tab.shows("before-2");
    await tab.page.reload();
    await tab.drawn();
    await tab.shows("before-2");
    const stranger = new WebTab(await tab.page.context().newPage());
    await stranger.page.goto(tab.page.url());
    await stranger.page.getByText("This page needs a link").waitFor();
  });

  it("gives the shell the size of its window, and again when that changes", async () => {
    make("sized");
    const tab = await openShell("sized", { viewport: { width: 900, height: 600 } });
    await until("the first size", () => shell("sized")!.cols > 80);
    const before = shell("sized")!;
    await tab.page.setViewportSize({ width: 700, height: 500 });
    const after = await until("a smaller size", () => {
      const now = shell("sized")!;
      return now.cols < before.cols && now.rows < before.rows ? now : undefined;
    });
    await tab.run("stty size");
    await tab.shows(new RegExp(`^${after.rows} ${after.cols}$`));
  });

  it("shows two tabs the same shell, and says in each that there is another", async () => {
    make("pair");
    const one = await openShell("pair");
    const two = await openShell("pair");
    await one.run("echo from-$((1+1))");
    await two.shows("from-2");
    await two.run("echo back-$((2+2))");
    await one.shows("back-4");
    await one.page.getByText("1 other here").waitFor();
  });

  it("leaves the shell alive when its tab is closed", async () => {
    make("lives");
    const tab = await openShell("lives");
    await tab.run("echo still-$((2+3))");
    await tab.shows("still-5");
    await tab.page.close();
    await until("nobody is attached", () => shell("lives")!.clients === 0);
    expect(shell("lives")).toMatchObject({ state: "live" });
    expect(capture("lives")).toContain("still-5");
  });

  it("makes, renames and kills a shell by keys alone", async () => {
    const { page } = await openTab();
    await page.keyboard.press("n");
    await page.getByRole("dialog", { name: "New shell" }).waitFor();
    await page.keyboard.type("by-hand");
    await page.keyboard.press("Enter");
    await page.locator('.shell-page[data-link="live"]').waitFor();
    expect(shell("by-hand")).toMatchObject({ state: "live", kind: "local" });
    await page.goBack();
    const link = page.getByRole("link", { name: "by-hand", exact: true });
    await link.waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("by-");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("by-hand");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Rename by-hand" }).waitFor();
    await page.keyboard.type("by-key");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "by-key", exact: true }).waitFor();
    expect(shells().map(({ name }) => name)).not.toContain("by-hand");
    // The keyboard goes on where it was.
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("by-key");
    await page.getByRole("button", { name: "Kill by-key" }).press("Enter");
    await page.getByRole("alertdialog").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "by-key", exact: true }).waitFor({ state: "detached" });
    await until("it is killed", () => shell("by-key") === undefined);
  });

  it("opens a shell from the list with arrows and Enter", async () => {
    make("keys-a");
    make("keys-b");
    const { page } = await openTab();
    await page.keyboard.press("/");
    await page.keyboard.type("keys-");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toMatch(/#\/shell\/keys-b$/);
  });

  it("follows a rename from elsewhere, in its title and its address", async () => {
    make("old-name");
    const tab = await openShell("old-name");
    sandbox.run(["rename", "old-name", "new-name"]);
    await tab.page.getByRole("heading", { name: "new-name" }).waitFor();
    await expect.poll(() => tab.page.url()).toMatch(/#\/shell\/new-name$/);
  });

  it("shows hostile titles as the text that they are", async () => {
    const title = '<img src=x onerror="document.title=1">&lt;b&gt;';
    make("hostile", "bash", "-c", `printf '\\033]0;${title}\\007'; exec cat`);
    await until("the title", () => shell("hostile")!.title === title);
    const tab = await openTab();
    await tab.page.getByText(title, { exact: true }).waitFor();
    await tab.enter("hostile");
    await tab.page.getByText(title, { exact: true }).waitFor();
    expect(await tab.page.title()).toBe(`hostile — ${title}`);
    expect(await tab.page.locator("img").count()).toBe(0);
  });

  it("opens a shell in a tab beside, which may go on without a link of its own", async () => {
    make("beside");
    const tab = await openTab();
    const opened = tab.page.context().waitForEvent("page");
    await tab.page.getByRole("link", { name: "beside", exact: true }).click({ modifiers: ["Control"] });
    const second = new WebTab(await opened);
    tabs.push(second);
    await second.drawn();
    expect(tab.page.url()).toMatch(/#\/$/);
    await second.run("echo beside-$((2+2))");
    await second.shows("beside-4");
  });

  it("asks for attention with its icon and title when something is printed in a tab that nobody looks at", async () => {
    make("noticed");
    const tab = await openShell("noticed");
    const hide = (hidden: boolean) =>
      tab.page.evaluate((value) => {
        Object.defineProperty(document, "visibilityState", {
          configurable: true,
          get: () => (value ? "hidden" : "visible"),
        });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await hide(true);
    sandbox.run(["send", "noticed", "-l", "x"]);
    await expect.poll(() => tab.page.title()).toMatch(/^● noticed/);
    expect(await tab.page.locator("link[rel=icon]").getAttribute("href")).toBe(
      "/assets/favicon-attention.svg",
    );
    await hide(false);
    await expect.poll(() => tab.page.title()).toMatch(/^noticed/);
  });

  it("says how the shell ended", async () => {
    make("ends");
    const tab = await openShell("ends");
    await tab.run("exit 3");
    await tab.page.getByRole("alert").getByText("ends exited · 3").waitFor();
    await expect.poll(() => tab.page.title()).toMatch(/^✕ ends/);
  });

  it("comes back by itself after the daemon was killed, without a key lost or twice", async () => {
    make("killed", "bash", "--norc", "--noprofile", "-c", "stty -echo raw; exec cat -v");
    const tab = await openShell("killed");
    await tab.type("one,");
    await tab.shows("one,");
    process.kill(daemonPid(), "SIGKILL");
    await tab.page.locator('.link[data-kind="busy"]').waitFor();
    await tab.type("two,");
    await tab.page.getByText(/4 B of typing kept/).waitFor();
    // Whoever comes next starts the next daemon, which serves the page again.
    expect(shell("killed")).toMatchObject({ state: "live" });
    await tab.drawn();
    await tab.type("three.");
    await tab.shows(/^one,two,three\.$/);
    expect(capture("killed").trim()).toBe("one,two,three.");
  });

  it("says what was typed and not sent when its person leaves while the daemon is away", async () => {
    make("abandoned");
    const tab = await openShell("abandoned");
    const pid = daemonPid();
    await tab.page.context().setOffline(true);
    process.kill(pid, "SIGKILL");
    await tab.page.locator('.link[data-kind="busy"]').waitFor();
    await tab.type("lost");
    await tab.page.getByText(/4 B of typing kept/).waitFor();
    await tab.page.getByRole("link", { name: "All shells" }).click();
    await tab.page.getByRole("status").getByText("4 B of typing for abandoned not sent").waitFor();
    expect(capture("abandoned")).not.toContain("lost");
  });

  it("never types into another shell that has taken the name while the daemon was away", async () => {
    make("mine");
    const tab = await openShell("mine");
    const pid = daemonPid();
    await tab.page.context().setOffline(true);
    process.kill(pid, "SIGKILL");
    await tab.page.locator('.link[data-kind="busy"]').waitFor();
    await tab.type("secret");
    await tab.page.getByText(/6 B of typing kept/).waitFor();
    expect(sandbox.run(["kill", "mine"]).status).toBe(0);
    make("mine", "cat");
    await tab.page.context().setOffline(false);
    await tab.page.getByText("There is no shell mine").first().waitFor();
    await tab.page.getByText("It is gone; another one has its name now.").waitFor();
    await tab.page.getByText("6 B of typing not sent").waitFor();
    expect(capture("mine")).not.toContain("secret");
    expect(shell("mine")?.clients).toBe(0);
  });

  it("stays quick while a program prints 20 MB", async () => {
    make("flood");
    const tab = await openShell("flood");
    await tab.page.evaluate(() => {
      const seen = { longest: 0, last: performance.now() };
      Object.assign(window, { seen });
      setInterval(() => {
        const now = performance.now();
        seen.longest = Math.max(seen.longest, now - seen.last);
        seen.last = now;
      }, 10);
    });
    await tab.run("head -c 15M /dev/zero | base64; echo flood-$((3+4))");
    await tab.shows(/^flood-7$/, 60_000);
    const longest = await tab.page.evaluate(
      () => (window as unknown as { seen: { longest: number } }).seen.longest,
    );
    console.log(`longest pause of the page during 20 MB: ${Math.round(longest)} ms`);
    // Functional: it never stops answering. How quick it is depends on the machine.
    expect(longest).toBeLessThan(5000);
    await tab.run("echo then-$((4+4))");
    await tab.shows("then-8");
  }, 120_000);

  it("does not type through a read-only link", async () => {
    make("looked-at");
    sandbox.run(["send", "looked-at", "-l", "echo shown"]);
    const tab = await openTab({}, "--link", "looked-at", "--read-only");
    await tab.drawn();
    await tab.shows("echo shown");
    await tab.page.getByText("read-only").waitFor();
    await tab.page.locator(".shell-screen").click();
    await tab.run("rm");
    sandbox.run(["send", "looked-at", "Enter"]);
    await tab.shows(/^shown$/);
    expect(capture("looked-at")).not.toContain("rm");
    expect(await tab.page.getByRole("link", { name: "All shells" }).count()).toBe(0);
  });

  it("says that its link has ended when it was revoked", async () => {
    make("revoked");
    const tab = await openShell("revoked");
    sandbox.run(["web", "revoke", "--all"]);
    await tab.page
      .getByText(/This link (was revoked|has ended)/)
      .first()
      .waitFor();
    await tab.page
      .getByText(/agentd web prints a new one/)
      .first()
      .waitFor();
  });

  it("tells the holder of a link how its shell ended, and offers nothing that cannot help", async () => {
    make("lent");
    const tab = await openTab(undefined, "--link", "lent");
    await tab.drawn();
    expect(sandbox.run(["kill", "lent"]).status).toBe(0);
    await tab.page
      .getByRole("alert")
      .getByText(/lent (exited|ended)/)
      .waitFor();
    await tab.page.reload();
    await tab.page.getByRole("heading", { name: "This link has ended" }).waitFor();
    const text = await tab.page.locator("body").innerText();
    expect(text).not.toMatch(/live on/);
    expect(await tab.page.getByRole("button").count()).toBe(0);
  });

  it("tells nothing to a program that has taken the port of its daemon", async () => {
    make("squatted");
    const tab = await openShell("squatted");
    const token = await tab.page.evaluate(() => sessionStorage.getItem("agentd.token"));
    expect(token).toMatch(/^[\w-]{43}$/);
    const port = Number(new URL(tab.page.url()).port);
    expect(sandbox.run(["daemon", "stop"]).status).toBe(0);
    const heard: string[] = [];
    const squatter = createServer((request, response) => {
      heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      request.on("data", (chunk: Buffer) => heard.push(chunk.toString()));
      request.on("end", () => response.end(JSON.stringify({ proof: "A".repeat(43), token: "x" })));
    });
    squatter.on("upgrade", (request, socket) => {
      heard.push(`upgrade ${request.url}`);
      socket.destroy();
    });
    try {
      await new Promise<void>((resolve, reject) => {
        squatter.once("error", reject);
        squatter.listen(port, "127.0.0.1", resolve);
      });
      await tab.page.getByText("Somebody else answers here").first().waitFor();
      // Nor does it find the token when the tab is loaded from it.
      expect(await tab.page.evaluate(() => Object.values({ ...sessionStorage }))).not.toContain(token);
    } finally {
      squatter.closeAllConnections();
      await new Promise((resolve) => squatter.close(resolve));
    }
    expect(heard.join("\n")).toContain("POST /session/prove");
    expect(heard.join("\n")).not.toMatch(/upgrade|squatted/);
    expect(heard.join("\n")).not.toContain(token);
    sandbox.run(["daemon", "start"]);
    await tab.page
      .getByRole("button", { name: /Try again|Attach again/ })
      .first()
      .click();
    await tab.drawn();
    expect(await tab.page.evaluate(() => sessionStorage.getItem("agentd.token"))).toBe(token);
  });

  it("says in a tab for which there is no socket left why it waits", async () => {
    const address = printedUrl(sandbox);
    const token = await openAddress(address);
    for (let i = 0; i < 32; i++) await WebPage.open(address, token);
    const tab = await WebTab.open(await context(), sandbox);
    await tab.page.getByText("32 sockets are open · close a tab").first().waitFor();
    expect(tab.complaints).toEqual([]);
  });

  it("offers nothing to the holder of a link that only its owner may do", async () => {
    make("theirs");
    const tab = await openTab(undefined, "--for", "1h");
    await tab.page.getByRole("link", { name: "theirs", exact: true }).waitFor();
    expect(await tab.page.getByRole("button", { name: /New shell|Kill|Rename/ }).count()).toBe(0);
    await tab.enter("theirs");
    await tab.page.getByRole("button", { name: "More" }).click();
    await tab.page.getByText("Draw anew").first().waitFor();
    expect(await tab.page.getByText(/Kill|Rename/).count()).toBe(0);
  });

  it("asks before it pastes several lines", async () => {
    make("pasted");
    const tab = await openShell("pasted");
    const paste = (text: string) =>
      tab.page.evaluate((value) => {
        const data = new DataTransfer();
        data.setData("text/plain", value);
        const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector(".xterm-helper-textarea")?.dispatchEvent(event);
      }, text);
    await paste("echo one-line");
    await tab.shows("echo one-line");
    await paste("\necho two\necho three\n");
    await tab.page.getByRole("alertdialog", { name: "Paste 3 lines?" }).waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.page.locator(".xterm-helper-textarea:focus").waitFor();
    await tab.run("");
    await tab.shows(/^one-line$/);
    expect(capture("pasted")).not.toContain("echo two");
  });

  it("lists its keys on request, and renames and kills by them", async () => {
    make("by-letter");
    const { page } = await openTab();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).getByText("New shell").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    await page.locator("input[type=search]:focus").waitFor();
    await page.keyboard.type("by-letter");
    await page.getByText(/^1 of /).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("r");
    await page.getByRole("dialog", { name: "Rename by-letter" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Delete");
    await page.getByRole("alertdialog", { name: "Kill by-letter?" }).waitFor();
    await page.keyboard.press("Enter");
    await until("it is killed", () => shell("by-letter") === undefined);
  });

  it("finds the list as it was left: its filter, and the keyboard at the shell that was looked at", async () => {
    make("again-a");
    make("again-b");
    const tab = await openTab();
    await tab.page.keyboard.press("/");
    await tab.page.keyboard.type("again-");
    await tab.enter("again-b");
    sandbox.run(["rename", "again-b", "again-c"]);
    await tab.page.getByRole("heading", { name: "again-c" }).waitFor();
    await tab.page.goBack();
    await expect.poll(() => tab.page.evaluate(() => document.activeElement?.textContent)).toBe("again-c");
    expect(await tab.page.getByRole("searchbox").inputValue()).toBe("again-");
    await tab.page.getByText(/^2 of \d+ shells$/).waitFor();
  });

  it("leaves a terminal for the list by keys alone", async () => {
    make("left");
    const { page } = await openShell("left");
    await page.keyboard.press("Control+Shift+M");
    await page.getByRole("button", { name: "All shells" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "left", exact: true }).waitFor();
  });

  it("takes a new link in the address of a tab that is open, whatever it shows", async () => {
    make("entered");
    const { page } = await openTab();
    await page.goto(printedUrl(sandbox, "--link", "entered"));
    await page.locator('.shell-page[data-link="live"]').waitFor();
    expect(page.url()).toMatch(/#\/shell\/entered$/);
    sandbox.run(["web", "revoke", "--all"]);
    await page.getByRole("heading", { name: /This link (was revoked|has ended)/ }).waitFor();
    await page.goto(printedUrl(sandbox));
    await page.getByRole("link", { name: "entered", exact: true }).waitFor();
    const stranger = await page.context().newPage();
    await stranger.goto(page.url());
    await stranger.getByRole("heading", { name: "This page needs a link" }).waitFor();
    await stranger.goto(printedUrl(sandbox));
    await stranger.getByRole("link", { name: "entered", exact: true }).waitFor();
    expect(stranger.url()).not.toContain("k=");
  });

  it("says that there is no such shell, and claims no size of it", async () => {
    make("there");
    const { page } = await openTab();
    await page.evaluate(() => {
      location.hash = "#/shell/not-there";
    });
    await page.getByRole("alert").getByText("There is no shell not-there").waitFor();
    expect(await page.locator(".status .size").textContent()).toBe("");
    await page.getByRole("button", { name: "More" }).click();
    expect(await page.getByRole("button", { name: /Rename|Kill/ }).count()).toBe(0);
  });

  it("names those who are attached, for fingers and keys too", async () => {
    make("crowd");
    const one = await openShell("crowd");
    await openShell("crowd", { viewport: { width: 800, height: 500 } });
    await one.page.getByRole("button", { name: "1 other here" }).press("Enter");
    const dialog = one.page.getByRole("dialog", { name: "Attached to crowd" });
    await expect.poll(() => dialog.getByRole("listitem").count()).toBe(2);
    await one.page.keyboard.press("Escape");
    await one.page.locator(".xterm-helper-textarea:focus").waitFor();
  });

  it("shades what lies beyond a shell that is smaller than the window", async () => {
    make("small");
    const tab = await openShell("small");
    await expect.poll(() => tab.page.locator(".shell-edges").isVisible()).toBe(false);
    sandbox.run(["resize", "small", "40x10"]);
    await tab.page.locator(".shell-edge").waitFor();
    const { edge, cells } = await tab.page.evaluate(() => ({
      edge: document.querySelector(".shell-edge")!.getBoundingClientRect().right,
      cells: document.querySelector(".xterm-screen")!.getBoundingClientRect(),
    }));
    const cols = Number(/this window (\d+)x/.exec(await tab.page.locator(".status .size").innerText())?.[1]);
    expect(Math.abs(edge - (cells.left + (40 * cells.width) / cols))).toBeLessThan(1.5);
  });

  it("sends keys that a browser does not name: Ctrl-/, Alt-letters, the arrows of a program", async () => {
    make("typed", "bash", "--norc", "--noprofile", "-c", "stty -echo raw; exec cat -v");
    const tab = await openShell("typed");
    for (const key of ["Control+/", "Alt+b", "Alt+ArrowLeft", "F1", "Shift+Tab"])
      await tab.page.keyboard.press(key);
    await tab.type("end");
    await tab.shows("^_^[b^[[1;3D^[OP^[[Zend");
  });

  it("fills the screen on request, and has the keys there that a browser keeps", async () => {
    make("full", "bash", "-c", "stty -echo raw; exec cat -v");
    const tab = await openTab();
    await tab.page.evaluate(() => {
      const locked: string[] = [];
      const lock = (keys: string[]) => void locked.push(...keys);
      Object.assign(window, { locked });
      Object.assign((navigator as unknown as { keyboard: object }).keyboard, { lock });
    });
    await tab.enter("full");
    await tab.page.getByRole("button", { name: "Full screen", exact: true }).click();
    const leave = tab.page.getByRole("button", { name: "Leave full screen" });
    await leave.waitFor();
    const locked = () => tab.page.evaluate(() => (window as unknown as { locked: string[] }).locked);
    await expect.poll(locked).toEqual(["Escape", "KeyN", "KeyT", "KeyW"]);
    // The terminal has the keyboard again.
    await tab.page.keyboard.press("Control+w");
    await tab.page.keyboard.press("Escape");
    await tab.shows("^W^[");
    await leave.click();
    await tab.page.getByRole("button", { name: "Full screen", exact: true }).waitFor();
    await tab.page.getByRole("button", { name: "Full screen", exact: true }).click();
    await leave.waitFor();
    await tab.page.getByRole("link", { name: "All shells" }).click();
    await expect.poll(() => tab.page.evaluate(() => document.fullscreenElement)).toBeNull();
  });

  it("finds text in what has scrolled away", async () => {
    make("searched");
    const tab = await openShell("searched");
    await tab.run("echo needle-$((1+1)); seq 200");
    await tab.shows(/^200$/);
    await tab.page.keyboard.press("Control+Shift+F");
    await tab.page.keyboard.type("needle-2");
    await tab.page.getByText("1 of 1").waitFor();
    await tab.shows(/^needle-2$/);
    await tab.page.keyboard.press("Escape");
    await tab.page.locator(".xterm-helper-textarea:focus").waitFor();
    await tab.run("echo focus-$((5+5))");
    await tab.shows("focus-10");
  });

  it("lets a phone look on in the shell's size, and take it by typing", async () => {
    make("phoned");
    sandbox.run(["resize", "phoned", "120x30"]);
    sandbox.run(["resize", "phoned", "--policy", "latest"]);
    const tab = await openShell("phoned", PHONE);
    await tab.page.getByText("120x30, not this window's").waitFor();
    expect(shell("phoned")).toMatchObject({ cols: 120, rows: 30 });
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await tab.page.locator(".shell-screen").tap();
    await tab.type("echo from-phone");
    await until("the phone's size", () => shell("phoned")!.cols < 60);
    await tab.shows("echo from-phone");
    await tab.page.getByRole("button", { name: "Control C" }).tap();
    await tab.shows(/\^C/);
    await tab.page.getByRole("button", { name: "Control, holds for the next key" }).tap();
    await tab.type("d");
    await tab.page.getByText("phoned exited").first().waitFor();
  });

  it("lets a phone type into a shell of a set size without cutting it to the phone's", async () => {
    make("set-size", "bash", "--norc", "--noprofile", "-c", "stty -echo raw; exec cat -v");
    sandbox.run(["resize", "set-size", "120x30"]);
    const name = "a-name-that-is-too-long-for-the-bar-of-a-telephone-of-any-make";
    sandbox.run(["rename", "set-size", name]);
    const tab = await openShell(name, PHONE);
    await tab.page.getByText("120x30, not this window's").waitFor();
    await tab.page.locator(".shell-screen").tap();
    await tab.page.getByRole("button", { name: "Alt, holds for the next key" }).tap();
    await tab.type("bx");
    await tab.shows("^[bx");
    await tab.page.getByText("120x30, not this window's").waitFor();
    expect(shell(name)).toMatchObject({ cols: 120, rows: 30 });
    // The menu is within reach however long the name is.
    await tab.page.getByRole("button", { name: "More" }).tap();
    await tab.page.getByRole("dialog", { name }).waitFor();
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  it("scrolls by a finger: what has scrolled away, and what a program shows", async () => {
    make("swiped");
    make("paged", "bash", "-c", "seq 500 | less");
    const tab = await openShell("swiped", { ...PHONE, reducedMotion: "reduce" });
    sandbox.run(["send", "swiped", "seq 500", "Enter"]);
    await tab.shows(/^500$/);
    const session = await tab.page.context().newCDPSession(tab.page);
    const swipe = async (from: number, to: number) => {
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", y?: number) =>
        session.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: y === undefined ? [] : [{ x: 150, y }],
        });
      await touch("touchStart", from);
      for (let step = 1; step <= 10; step++) await touch("touchMove", from + ((to - from) * step) / 10);
      await touch("touchEnd");
    };
    await swipe(200, 500);
    await tab.shows(/^450$/);
    await tab.page.getByRole("link", { name: "All shells" }).click();
    await tab.enter("paged");
    await tab.shows(/^1$/);
    await swipe(400, 200);
    await tab.shows(/^30$/);
    expect(capture("paged")).not.toMatch(/^1$/m);
    // Looking on changes nobody's size.
    expect(shell("paged")).toMatchObject({ cols: 80, rows: 24 });
  });

  it("takes the phone's size by typing as soon as the size is not a set one any more", async () => {
    make("freed");
    sandbox.run(["resize", "freed", "200x30"]);
    const tab = await openShell("freed", PHONE);
    await tab.page.getByText("200x30, not this window's").waitFor();
    const screen = tab.page.locator(".shell-screen");
    await screen.tap();
    await screen.evaluate((element) => element.scrollTo({ left: 500 }));
    await tab.type("e");
    // What is typed can be seen.
    await expect.poll(() => screen.evaluate(({ scrollLeft }) => scrollLeft)).toBe(0);
    sandbox.run(["resize", "freed", "--policy", "latest"]);
    await tab.page.getByText("200x30, not this window's").waitFor();
    await expect
      .poll(async () => {
        await tab.type("x");
        return shell("freed")!.cols;
      })
      .toBeLessThan(60);
  });

  it("opens a link whose address is hidden only after it was shown, in a tab that knows nothing of this one", async () => {
    const address = "http://127.0.0.1:9/hidden";
    make(
      "linked",
      "bash",
      "-c",
      `printf '\\033]8;;${address}\\033\\\\read this\\033]8;;\\033\\\\'; exec cat`,
    );
    const tab = await openShell("linked");
    await tab.shows("read this");
    const box = await tab.page.locator(".xterm-rows > div").first().boundingBox();
    const at = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
    await tab.page.mouse.move(at.x + 30, at.y);
    await tab.page.mouse.move(at.x, at.y, { steps: 5 });
    await tab.page.locator(".address").getByText(address).waitFor();
    await tab.page.mouse.down();
    await tab.page.mouse.up();
    const dialog = tab.page.getByRole("alertdialog", { name: "Open this address?" });
    await dialog.getByText(address).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect(tab.page.context().pages()).toHaveLength(1);
    await tab.page.mouse.move(at.x + 30, at.y);
    await tab.page.mouse.move(at.x, at.y, { steps: 5 });
    await tab.page.mouse.down();
    await tab.page.mouse.up();
    await dialog.waitFor();
    const opened = tab.page.context().waitForEvent("page");
    await dialog.getByRole("button", { name: "Open", exact: true }).click();
    const beside = await opened;
    expect(await beside.evaluate(() => window.opener)).toBeNull();
    await beside.close();
  });

  it("opens its menu under a finger that rests", async () => {
    make("rested");
    const tab = await openShell("rested", PHONE);
    const session = await tab.page.context().newCDPSession(tab.page);
    const touch = (type: "touchStart" | "touchEnd", touchPoints: { x: number; y: number }[]) =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints });
    await touch("touchStart", [{ x: 150, y: 300 }]);
    await tab.page.getByRole("dialog", { name: "rested" }).waitFor();
    await touch("touchEnd", []);
    await tab.page.getByRole("dialog").getByRole("button", { name: "Search" }).waitFor();
  });

  it("gives a screen reader the text of the screen, on request", async () => {
    make("read-out");
    const tab = await openShell("read-out");
    await tab.page.getByRole("button", { name: "More" }).click();
    await tab.page.getByRole("switch", { name: "Screen reader mode" }).click();
    await tab.page.keyboard.press("Escape");
    // The keyboard goes back to the terminal by itself.
    await tab.page.locator(".xterm-helper-textarea:focus").waitFor();
    await tab.run("echo heard-$((3+3))");
    await tab.page.locator(".xterm-accessibility-tree").getByText("heard-6", { exact: true }).waitFor();
  });

  describe("with a graphics card", () => {
    let drawn: Browser;

    beforeAll(async () => {
      drawn = await launchBrowser({ webgl: true });
    });

    afterAll(() => drawn?.close());

    const enter = async (name: string): Promise<WebTab> => {
      const made = await newContext(drawn);
      contexts.push(made);
      const tab = await WebTab.open(made, sandbox);
      tabs.push(tab);
      await tab.enter(name);
      await tab.page.locator(".xterm canvas").first().waitFor();
      return tab;
    };

    it("goes on in the DOM when the card is taken away", async () => {
      make("carded");
      const tab = await enter("carded");
      await tab.run("echo before-$((1+1))");
      await until("it has run", () => capture("carded").includes("before-2"));
      expect(await tab.page.locator(".xterm-rows > div").count()).toBe(0);
      await tab.page.evaluate(() => {
        for (const canvas of document.querySelectorAll<HTMLCanvasElement>(".xterm canvas"))
          canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
      });
      await tab.shows(/^before-2$/);
      await tab.run("echo after-$((2+2))");
      await tab.shows(/^after-4$/);
    });

    it("draws a flag as one picture, not as its two letters", async () => {
      // Of Germany: red in its middle.
      make("flag", "bash", "-c", "printf '\\U1F1E9\\U1F1EA'; exec cat");
      await until("it is printed", () => capture("flag").includes("\u{1f1e9}"));
      const tab = await enter("flag");
      const redPixels = async () => {
        const picture = await tab.page.locator(".xterm-screen").screenshot();
        return tab.page.evaluate(async (base64) => {
          const image = new Image();
          image.src = `data:image/png;base64,${base64}`;
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height);
          const pen = canvas.getContext("2d")!;
          pen.drawImage(image, 0, 0);
          const { data } = pen.getImageData(0, 0, image.width, image.height);
          let red = 0;
          for (let i = 0; i < data.length; i += 4)
            if ((data[i] ?? 0) > 160 && (data[i + 1] ?? 0) < 60 && (data[i + 2] ?? 0) < 60) red++;
          return red;
        }, picture.toString("base64"));
      };
      await expect.poll(redPixels).toBeGreaterThan(10);
    });
  });

  describe("accessibility", () => {
    const findings = async (page: Page): Promise<string[]> => {
      await page.evaluate(readFileSync(axePath, "utf8"));
      return page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } };
        interface Finding {
          readonly id: string;
          readonly impact: string;
          readonly nodes: readonly { readonly html: string }[];
        }
        const { violations } = await axe.run();
        return violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
      });
    };

    it.each(["dark", "light"] as const)("has no serious findings in the %s", async (colorScheme) => {
      make(`seen-${colorScheme}`, "bash", "-c", 'printf "\\033[31mred \\033[1;34mblue\\033[0m\\n"; exec cat');
      make(`over-${colorScheme}`, "bash", "-c", "exit 1");
      const tab = await openTab({ colorScheme });
      await tab.page.locator(".preview span").first().waitFor();
      expect(await findings(tab.page)).toEqual([]);
      await tab.page.keyboard.press("n");
      await tab.page.getByRole("dialog").waitFor();
      expect(await findings(tab.page)).toEqual([]);
      await tab.page.keyboard.press("Escape");
      const dialog = tab.page.getByRole("dialog");
      await dialog.waitFor({ state: "hidden" });
      // A closing dialog may still have the focus for a moment.
      await expect
        .poll(async () => (await dialog.isVisible()) || (await tab.page.keyboard.press("?")), {
          interval: 500,
        })
        .toBe(true);
      expect(await findings(tab.page)).toEqual([]);
      await tab.page.keyboard.press("Escape");
      await tab.enter(`seen-${colorScheme}`);
      await tab.shows("red blue");
      expect(await findings(tab.page)).toEqual([]);
      await tab.page.getByRole("button", { name: "More" }).click();
      expect(await findings(tab.page)).toEqual([]);
    });
  });
});
