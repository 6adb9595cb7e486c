// A run whose shell is replaced by another one, over a scripted link.
import { expect, it } from "vitest";
import { ShellRun } from "../../../../../daemon/shell/run/shell-run.js";
import { EPOCH, ShellRig } from "../../../../support/shell-rig.js";
import { settle } from "../../../../support/virtual-clock.js";

const NONCE = "0".repeat(32);
const marker = (body: string) => `\x1b]7717;agentd;${NONCE};${body}\x07`;
const OTHER_EPOCH = EPOCH.replace("0d", "1d");

/** Its opening line is answered; whether the command has begun is not known yet. */
async function opened() {
  const rig = ShellRig.live();
  const sink = {
    begin() {},
    write() {},
    flushed: async () => {},
    droppedBytes: 0,
    waitingBytes: 0,
    onBacklog() {},
  };
  const abort = new AbortController();
  const run = new ShellRun({
    shell: rig.shell,
    clock: rig.clock,
    host: { startOf: async () => undefined } as never,
    sink,
    nonce: NONCE,
    command: "true",
    force: true,
    forTerminal: false,
    interrupt: false,
    onChange: (listener) => {
      rig.onChange = listener;
      return () => {};
    },
  });
  const result = run.execute(abort.signal);
  await expect.poll(() => rig.upstream.input.toString()).toContain("\r");
  rig.upstream.output(marker("ready;bash"));
  await expect.poll(() => rig.upstream.input.toString()).toContain("PROMPT_COMMAND");
  return { abort, result, rig };
}

it("is over when another shell answers in the place of its own before the command has begun, and is lost at once", async () => {
  const { result, rig } = await opened();
  rig.upstream.live({ verdict: "new", epoch: OTHER_EPOCH });
  rig.upstream.link({ kind: "lost", attempt: 1, reason: "cut" } as never);
  await rig.clock.advance(10);
  expect(await result).toMatchObject({ started: true, shellEnded: true });
});

it("waits on while its link is down, and leaves nothing behind when it is given up", async () => {
  const { abort, result, rig } = await opened();
  rig.upstream.link({ kind: "lost", attempt: 1, reason: "cut" } as never);
  await rig.clock.advance(20_000);
  abort.abort("timeout");
  await settle();
  expect(await result).toMatchObject({ started: true, timedOut: true });
});
