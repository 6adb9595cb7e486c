// The web terminal of the built daemon, with real shells: by the command line on one side and a page on the other.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Channel } from "../../../shared/channel.js";
import { decodeNotice } from "../../../shared/notice.js";
import { decodeSnapshotPart } from "../../../shared/snapshot.js";
import { Sandbox } from "../../support/sandbox.js";
import { openAddress, WebPage } from "../../support/web-page.js";

const size = { cols: 80, rows: 24 };

function sandbox(): Sandbox {
  const made = new Sandbox();
  onTestFinished(() => made.dispose());
  return made;
}

/** An attached page that reads, and acknowledges as long as it is told to. */
class Terminal {
  readonly page: WebPage;
  text = "";
  offset = 0;
  epoch = "";
  stdoutBytes = 0;
  readonly notices: string[] = [];
  closed: number | undefined;
  acknowledges = true;
  #owed = 0;
  #wake: () => void = () => {};

  constructor(page: WebPage) {
    this.page = page;
  }

  static async attach(page: WebPage, params: object): Promise<Terminal> {
    const terminal = new Terminal(page);
    const result = await page.call<{ epoch: string; offset: number }>("shell.attach", { ...size, ...params });
    terminal.epoch = result.epoch;
    terminal.offset = result.offset;
    void terminal.#read();
    return terminal;
  }

  type(text: string): void {
    this.page.send(Channel.Stdin, text);
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.until(() => (typeof text === "string" ? this.text.includes(text) : text.test(this.text)));
  }

  async until(ready: () => boolean): Promise<void> {
    while (!ready()) {
      if (this.closed !== undefined) throw new Error(`closed ${this.closed}: ${this.text.slice(-500)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  acknowledge(): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(this.#owed);
    this.#owed = 0;
    this.page.send(Channel.Ack, payload);
  }

  async #read(): Promise<void> {
    for (;;) {
      const message = await this.page.connection.message();
      if (message === undefined || message.opcode === 8) {
        this.closed = message?.payload.readUInt16BE(0) ?? 1006;
        this.#wake();
        return;
      }
      this.#take(message.payload[0], message.payload.subarray(1));
      this.#wake();
    }
  }

  #take(channel: number | undefined, payload: Buffer): void {
    if (channel === Channel.Stdout) {
      this.offset += payload.length;
      this.stdoutBytes += payload.length;
      this.text += payload.toString();
    }
    if (channel === Channel.Snapshot) {
      const part = decodeSnapshotPart(payload);
      this.offset = part?.header?.offset ?? this.offset;
      this.text += Buffer.from(part?.bytes ?? []).toString();
    }
    const notice = channel === Channel.Notice ? decodeNotice(payload) : undefined;
    if (notice !== undefined) this.notices.push(notice.kind);
    if (notice?.kind === "position") this.offset = notice.offset;
    this.text = this.text.slice(-200_000);
    if (channel === Channel.Stdout || channel === Channel.Snapshot) this.#owed += payload.length;
    if (this.acknowledges && this.#owed > 16 * 1024) this.acknowledge();
  }
}

function newShell(box: Sandbox, ...args: string[]): void {
  expect(box.run(["new", "-d", ...args])).toMatchObject({ status: 0 });
}

async function open(box: Sandbox, ...args: string[]): Promise<{ url: string; token: string }> {
  const { url } = box.json<{ url: string }>(["web", "--json", ...args]);
  return { url, token: await openAddress(url) };
}

describe("agentd web", () => {
  it("makes a shell for a page, in the home and with the environment of a login", async () => {
    const box = sandbox();
    const { url, token } = await open(box);
    const page = await WebPage.open(url, token);
    await page.call("shell.new", {
      name: "work",
      target: { kind: "local", command: ["sh", "-c", "pwd; env; cat"] },
    });
    const terminal = await Terminal.attach(page, { name: "work" });
    await terminal.sees(`${box.home}\r\n`);
    await terminal.sees("AGENTD_SHELL=work");
    await terminal.sees(`HOME=${box.home}`);
    expect(terminal.text).not.toMatch(/AWS_|AGENTD_STATE_DIR|XDG_/);
    // The program ends: the page is told how, and its socket is closed in an orderly way.
    terminal.type("\u0004");
    await terminal.until(() => terminal.closed !== undefined).catch(() => {});
    expect(terminal.notices).toContain("ended");
    expect(terminal.closed).toBe(1000);
  });

  it("keeps a read-only page's hands off the shell: no key, no size, no lead", async () => {
    const box = sandbox();
    newShell(box, "work", "--size", "100x30", "--", "sh", "-c", "stty -echo; cat; stty size; cat");
    const link = await open(box, "--link", "work", "--read-only");
    const reader = await Terminal.attach(await WebPage.open(link.url, link.token), {
      name: "work",
      cols: 20,
      rows: 5,
    });
    reader.page.send(Channel.Stdin, "reader\n");
    reader.page.send(Channel.Resize, '{"width":33,"height":7}');
    reader.page.send(Channel.Notice, '{"kind":"lead"}');
    const owner = await open(box);
    const typist = await Terminal.attach(await WebPage.open(owner.url, owner.token), {
      name: "work",
      ignoreSize: true,
    });
    typist.type("typist\n");
    await reader.sees("typist");
    typist.type("\u0004");
    await reader.sees("30 100");
    // The detach of a read-only page is its own.
    reader.page.send(Channel.Close);
    await reader.until(() => false).catch(() => {});
    typist.type("still here\n");
    await typist.sees("still here");
    expect(typist.text + reader.text).not.toContain("reader");
    expect(reader.closed).toBe(1000);
  });

  it("lets a page that does not read fall behind, alone, and draws it anew when it reads again", async () => {
    const box = sandbox();
    newShell(box, "flood");
    const { url, token } = await open(box);
    const slow = await Terminal.attach(await WebPage.open(url, token), { name: "flood" });
    const quick = await Terminal.attach(await WebPage.open(url, token), { name: "flood" });
    slow.acknowledges = false;
    quick.type("head -c 12M /dev/zero | tr '\\0' x; echo; echo do''ne\n");
    await quick.sees("done");
    // What it never acknowledged is all that it was sent: half a megabyte and the rest of a turn.
    expect(slow.stdoutBytes).toBeGreaterThan(400 * 1024);
    expect(slow.stdoutBytes).toBeLessThan(1024 * 1024);
    const [{ attached }] = box.json<{ shells: [{ attached: { behind?: true }[] }] }>(["ls", "--json"]).shells;
    expect(attached.map(({ behind = false }) => behind)).toContain(true);
    slow.acknowledges = true;
    slow.acknowledge();
    await slow.until(() => slow.notices.includes("skipped"));
    await slow.sees("done");
  });

  it("serves open tabs again after a kill -9, where they left off", async () => {
    const box = sandbox();
    newShell(box, "work");
    const { url, token } = await open(box);
    const before = await Terminal.attach(await WebPage.open(url, token), { name: "work" });
    before.type("echo one''two\n");
    await before.sees("onetwo");
    process.kill(box.json<{ pid: number }>(["daemon", "status", "--json"]).pid, "SIGKILL");
    await before.until(() => false).catch(() => {});
    expect(before.closed).toBe(1006);
    // Any command starts the next daemon, and the listener with it.
    box.json(["ls", "--json"]);
    const resume = { epoch: before.epoch, offset: before.offset };
    const after = await Terminal.attach(await WebPage.open(url, token), { name: "work", resume });
    after.type("echo three''four\n");
    await after.sees("threefour");
    expect(after.text).not.toContain("onetwo");
    expect(after.notices).not.toContain("skipped");
    // What opens anything is nowhere but in the page.
    for (const name of readdirSync(join(box.home, "state"))) {
      const content = readFileSync(join(box.home, "state", name), "latin1");
      for (const secret of [token, new URL(url).hash.slice(3), "onetwo"])
        expect(content, name).not.toContain(secret);
    }
  });

  it("tells its pages that the daemon restarts", async () => {
    const box = sandbox();
    newShell(box, "work");
    const { url, token } = await open(box);
    const listing = await WebPage.open(url, token);
    const terminal = await Terminal.attach(await WebPage.open(url, token), { name: "work" });
    expect((await box.runAsync(["daemon", "restart"])).status).toBe(0);
    expect(await listing.connection.closeCode()).toBe(1012);
    await terminal.until(() => false).catch(() => {});
    expect([terminal.closed, terminal.notices.at(-1)]).toEqual([1012, "detached"]);
    await WebPage.open(url, token);
  });

  it("says what is open and ends it", async () => {
    const box = sandbox();
    newShell(box, "work");
    expect(box.run(["web", "ls", "--json"]).stdout).toBe('{"v":1,"on":false,"places":[],"links":[]}\n');
    expect(box.run(["daemon", "status"]).stdout).not.toContain("web");
    const printed = box.run(["web", "--print-url"]).stdout;
    expect(printed).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#k=[\w-]{43}\n$/);
    const { url, token } = await open(box, "--link", "work", "--read-only", "--for", "1h");
    const page = await WebPage.open(url, token);
    const { id } = box
      .json<{ links: { id: string; shell?: string }[] }>(["web", "ls", "--json"])
      .links.find(({ shell }) => shell === "work")!;
    expect(box.run(["web", "ls"]).stdout).toMatch(
      new RegExp(
        `^ID +OPENS.*\\n.* owner +not opened\\n${id} +work +read-only +open +ends in (1h|59m\\d*s?)\\n$`,
      ),
    );
    expect(box.run(["daemon", "status"]).stdout).toMatch(
      /^web +http:\/\/127\.0\.0\.1:\d+\/ · 2 links · 1 open$/m,
    );
    expect(box.run(["web", "revoke", id]).status).toBe(0);
    expect(await page.connection.closeCode()).toBe(4002);
    const owner = await open(box);
    const other = await WebPage.open(owner.url, owner.token);
    expect(box.run(["web", "--stop", "--json"]).stdout).toBe('{"v":1,"stopped":true}\n');
    expect(await other.connection.closeCode()).toBe(4001);
    await expect(WebPage.open(owner.url, owner.token)).rejects.toThrow();
    expect(box.run(["web", "--stop", "--json"]).stdout).toBe('{"v":1,"stopped":false}\n');
  });

  it("is turned off without a daemon, and none is started for that", async () => {
    const box = sandbox();
    expect(box.run(["web", "--stop"])).toMatchObject({ status: 0, stdout: "" });
    expect(box.run(["daemon", "status"]).status).toBe(69);
    const { url, token } = await open(box);
    await WebPage.open(url, token);
    expect(box.run(["daemon", "stop"]).status).toBe(0);
    expect(box.run(["web", "--stop", "--json"]).stdout).toBe('{"v":1,"stopped":true}\n');
    expect(box.run(["web", "--stop", "--json"]).stdout).toBe('{"v":1,"stopped":false}\n');
    expect(box.run(["daemon", "status"]).status).toBe(69);
    expect(box.run(["daemon", "start"]).status).toBe(0);
    expect(box.run(["web", "ls", "--json"]).stdout).toBe('{"v":1,"on":false,"places":[],"links":[]}\n');
    await expect(WebPage.open(url, token)).rejects.toThrow();
  });

  it.each([
    [
      ["--port", "80"],
      "bad port '80' · write 1024 to 65535, on this machine only (elsewhere: --socket with ssh -L)",
    ],
    [
      ["--port", "0.0.0.0:9999"],
      "bad port '0.0.0.0:9999' · write 1024 to 65535, on this machine only (elsewhere: --socket with ssh -L)",
    ],
    [["--for", "soon"], "bad duration 'soon' for --for · write 500ms, 30s, 15m or 2h"],
    [["--for", "0"], "--for is too short to open the address · write 30m, 8h or 2d"],
    [["--as", "localhost:1"], "--as goes with --socket · agentd web --socket PATH --as localhost:8080"],
    [
      ["--socket", "/x", "--as", "example.com:80"],
      "bad --as 'example.com:80' · write what the browser opens: localhost:8080",
    ],
    [["--socket", "web.sock"], "'web.sock' is not absolute · write the whole path"],
    [["--socket", "/x", "--port", "2000"], "give --port or --socket, not both"],
    [["stop"], "unknown web command 'stop' · agentd web --stop"],
    [["revok"], "unknown web command 'revok' · agentd web revoke"],
    [["revoke"], "revoke needs an id · agentd web ls, or agentd web revoke --all"],
    [["--all"], "--all goes with revoke · agentd web revoke --all"],
    [["ls", "--port", "2000"], "--port does not go with web ls"],
    [["--stop", "--link", "x"], "--link does not go with --stop"],
    [["ls", "extra"], "unexpected argument 'extra' · see --help"],
  ])("answers %j with one line", (args, line) => {
    const { status, stderr } = sandbox().run(["web", ...args]);
    expect([status, stderr]).toEqual([64, `${line}\n`]);
  });

  it("names the shell that was probably meant, and the link that is not there", () => {
    const box = sandbox();
    newShell(box, "work");
    expect(box.run(["web", "--link", "wrok"]).stderr).toBe("no shell 'wrok' · did you mean 'work'?\n");
    const { status, stderr } = box.run(["web", "revoke", "00000000"]);
    expect([status, stderr]).toEqual([64, "no link '00000000' · agentd web ls\n"]);
  });
});
