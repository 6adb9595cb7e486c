// A paste of 10 MB, a Ctrl-C in the middle of one, and a storm of sizes, through a runtime that enforces the service's limits.
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Channel } from "../../shared/channel.js";
import { decodeNotice, type Notice } from "../../shared/notice.js";
import type { ShellInfo } from "../../shared/rpc.js";
import { encodeResize } from "../../shared/size.js";
import { DaemonHome } from "../support/daemon-process.js";
import { firstSeed, percentile, percentilesText, recordFigures, repetitions } from "../support/figures.js";
import { seededRandom } from "../support/random-stream.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { SocketClient } from "../support/socket-client.js";

const PASTE_BYTES = 10 * 1024 * 1024;
const KEYS_PER_PACKET = 32 * 1024;

/** A client of one shell that keeps what it was told. */
class Typist {
  readonly notices: Notice[] = [];
  output = "";
  readonly #client: SocketClient;

  constructor(client: SocketClient) {
    this.#client = client;
  }

  static async attach(socket: string, name: string): Promise<Typist> {
    const client = await SocketClient.greeted(socket);
    await client.call("shell.attach", { name, cols: 80, rows: 24 });
    return new Typist(client);
  }

  frame(channel: number, payload: Uint8Array | string): void {
    this.#client.send(channel, payload);
  }

  type(text: string | Uint8Array): void {
    this.frame(Channel.Stdin, text);
  }

  async paste(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += KEYS_PER_PACKET) {
      this.type(bytes.subarray(at, at + KEYS_PER_PACKET));
      await setImmediate();
    }
  }

  /** Reads until the output holds `text`; what comes up to there is forgotten. */
  async reads(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      const frame = await this.#client.frame();
      if (frame === undefined)
        throw new Error(`the stream ended before '${text}' · ${this.output.slice(-200)}`);
      if (frame[0] === Channel.Stdout)
        this.output = (this.output + Buffer.from(frame.subarray(1)).toString("latin1")).slice(-4096);
      const notice = frame[0] === Channel.Notice ? decodeNotice(frame.subarray(1)) : undefined;
      if (notice !== undefined) this.notices.push(notice);
    }
    this.output = this.output.slice(this.output.indexOf(text) + text.length);
  }
}

describe("input", () => {
  let server: RuntimeServer;
  beforeAll(async () => {
    // 250 frames a second, 65,536 bytes a message: what the service closes with 1008 and 1009 for.
    server = await RuntimeServer.start({ credentials: [TEST_CREDENTIALS], exactMode: false });
  });
  afterAll(() => server.stop());

  async function open() {
    const home = new DaemonHome(CREDENTIAL_ENV);
    await home.start().ready();
    const control = await SocketClient.greeted(home.socket);
    const target = { kind: "agentcore", runtimeArn: TEST_ARN, endpointUrl: server.url };
    await control.call("shell.new", { name: "paste", target });
    onTestFinished(async () => {
      await control.call("shell.kill", { name: "paste" });
    });
    const typist = await Typist.attach(home.socket, "paste");
    typist.type("PS1='next''> '\r");
    await typist.reads("next> ");
    const connectedAt = async () =>
      (await control.call<{ shell: ShellInfo }>("shell.info", { name: "paste" })).shell.connectedAt;
    return { typist, connectedAt };
  }

  it("of 10 MB arrives whole and in order, with progress, and a Ctrl-C in the middle takes effect at once", async () => {
    const { typist, connectedAt } = await open();
    const connected = await connectedAt();
    const random = seededRandom(firstSeed());
    const paste = Buffer.alloc(PASTE_BYTES);
    for (let i = 0; i < paste.length; i++) paste[i] = Math.floor(random() * 256);
    const sum = createHash("sha256").update(paste).digest("hex");
    const rates: number[] = [];
    for (let n = 0; n < repetitions({ ci: 1, full: 10 }); n++) {
      typist.type(
        `stty raw -echo; echo re""ady; head -c ${PASTE_BYTES} | sha256sum; stty sane; echo do""ne\r`,
      );
      await typist.reads("ready");
      const began = performance.now();
      await typist.paste(paste);
      await typist.reads(sum);
      rates.push(PASTE_BYTES / 2 ** 20 / ((performance.now() - began) / 1000));
      await typist.reads("done");
    }
    expect(typist.notices.some(({ kind }) => kind === "sending")).toBe(true);

    // A program that reads lines and would go on for seconds; the Ctrl-C is typed behind megabytes that are still waiting.
    const lines = Buffer.from("all work and no play makes a dull boy\r".repeat(PASTE_BYTES / 38));
    const latencies: number[] = [];
    for (let n = 0; n < repetitions({ ci: 2, full: 40 }); n++) {
      typist.type('stty -echo; echo re""ady; cat >/dev/null\r');
      await typist.reads("ready");
      await typist.paste(lines);
      const pressed = performance.now();
      typist.type("\u0003");
      await typist.reads("next> ");
      latencies.push(performance.now() - pressed);
    }
    expect(typist.notices.filter(({ kind }) => kind === "discarded").length).toBe(latencies.length);
    expect(typist.notices.map(({ kind }) => kind)).not.toContain("lost");
    expect(await connectedAt()).toBe(connected);

    // 1,000 sizes in a second; the last one counts.
    for (let n = 0; n < 1000; n++) {
      typist.frame(Channel.Resize, encodeResize({ cols: 40 + (n % 100), rows: 20 + (n % 20) }));
      if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    typist.frame(Channel.Resize, encodeResize({ cols: 123, rows: 45 }));
    typist.type('until [ "$(stty size)" = "45 123" ]; do sleep 0.05; done; echo si""zed\r');
    await typist.reads("sized");
    expect(await connectedAt()).toBe(connected);

    recordFigures({
      id: "55-pacing",
      title: "Input through the service's limits",
      contract:
        "No paste, no storm of sizes and no typing of ours ever makes the service close the connection.",
      method:
        "The built daemon on a runtime that closes with 1008 above 250 frames/s and with 1009 above 64 KiB. Random bytes are pasted into a raw reader and compared by SHA-256; " +
        "a Ctrl-C is typed directly behind 10 MB of lines that a program is reading, and timed until the shell prompts again; 1,000 sizes are sent within a second.",
      command: "npm run figures -- -t 'of 10 MB arrives whole'",
      rows: [
        ["pastes of 10 MB, byte-exact", `${rates.length} of ${rates.length}`],
        ["rate, median", `${percentile(rates, 50).toFixed(1)} MB/s`],
        ["Ctrl-C behind a paste to the next prompt, p50 / p95 / p99", percentilesText(latencies)],
        ["connections closed by the service", "0"],
      ],
    });
  }, 600_000);
});
