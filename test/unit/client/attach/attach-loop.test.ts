// Leaving an attachment: nothing of it goes on behind whatever the process does next.
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { AttachLoop } from "../../../../client/attach/attach-loop.js";
import { OutputTracker } from "../../../../client/attach/output-tracker.js";
import type { RawTerminal, TerminalHandlers } from "../../../../client/attach/raw-terminal.js";
import type { PacketStream, StreamHandlers } from "../../../../client/daemon/daemon-connection.js";
import { AgentdError } from "../../../../shared/errors.js";
import { ATTACHED } from "../../../support/fake-daemon.js";

class FakeStream implements PacketStream {
  readonly result = ATTACHED;
  readonly sent: number[] = [];
  handlers: StreamHandlers | undefined;
  isDestroyed = false;

  start(handlers: StreamHandlers): void {
    this.handlers = handlers;
  }
  send(channel: number): boolean {
    this.sent.push(channel);
    return true;
  }
  pause(): void {}
  resume(): void {}
  async finish(): Promise<void> {}
  destroy(): void {
    this.isDestroyed = true;
  }
}

interface Attempt {
  resolve(stream: PacketStream): void;
  reject(error: Error): void;
}

let keyboard: TerminalHandlers["onInput"];
let said: string[];
let attempts: Attempt[];
let first: FakeStream;
let ended: ReturnType<AttachLoop["run"]>;

const type = (text: string) => keyboard(new TextEncoder().encode(text));

beforeEach(() => {
  said = [];
  attempts = [];
  const nothing = () => {};
  const terminal = {
    tracker: new OutputTracker(),
    size: { cols: 80, rows: 24 },
    isIdle: true,
    start: ({ onInput }: TerminalHandlers) => {
      keyboard = onInput;
    },
    write: () => true,
    clear: nothing,
    show: nothing,
    makeExact: nothing,
    pauseInput: nothing,
    resumeInput: nothing,
    restore: async () => true,
  };
  const loop = new AttachLoop({
    name: "work",
    terminal: terminal as unknown as RawTerminal,
    prefix: { prefix: 0x1d },
    readOnly: false,
    ignoreSize: false,
    canSay: true,
    color: false,
    writeStatus: (text) => void said.push(text),
    reattach: () => new Promise((resolve, reject) => attempts.push({ resolve, reject })),
  });
  first = new FakeStream();
  ended = loop.run(first);
});

describe("leaving for the list of shells", () => {
  it("ends the stream, so that nothing of the shell is drawn over the list", async () => {
    type("\x1ds");
    expect(await ended).toMatchObject({ status: 0, next: "switch" });
    expect(first.isDestroyed).toBe(true);
  });

  it("while the daemon is away, attaches no more: what was typed for the shell is not sent", async () => {
    first.handlers?.onEnd();
    type("rm -r x\r");
    await delay(0);
    expect(attempts).toHaveLength(1);
    type("\x1ds");
    expect(await ended).toMatchObject({ status: 0, next: "switch" });
    const second = new FakeStream();
    attempts[0]?.resolve(second);
    await delay(0);
    expect(second).toMatchObject({ isDestroyed: true, handlers: undefined, sent: [] });
  });

  it("while the daemon is away, tries no more, and says nothing more", async () => {
    first.handlers?.onEnd();
    await delay(0);
    type("\x1ds");
    await ended;
    attempts[0]?.reject(new AgentdError("daemon_unavailable", "nobody is there"));
    await delay(1200);
    expect(attempts).toHaveLength(1);
    expect(said).toEqual([]);
  });
});
