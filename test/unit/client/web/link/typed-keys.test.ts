import { describe, expect, it } from "vitest";
import { TypedKeys } from "../../../../../client/web/link/typed-keys.js";
import { Channel } from "../../../../../shared/channel.js";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Keys whose proofs are asked for when the test says so. */
function keys() {
  const sent: string[] = [];
  const proofs: Uint8Array[] = [];
  const timers: (() => void)[] = [];
  const typed = new TypedKeys((_ms, run) => {
    timers.push(run);
    return () => timers.splice(timers.indexOf(run), 1);
  });
  const send = (channel: number, payload: Uint8Array) => {
    if (channel === Channel.Stdin) sent.push(new TextDecoder().decode(payload));
    else proofs.push(payload);
  };
  return { typed, sent, proofs, timers, send };
}

describe("keys typed in a tab", () => {
  it("are sent one event in a frame, and wait in order while there is no connection", () => {
    const { typed, sent, send } = keys();
    typed.connect(send);
    typed.push(bytes("a"));
    typed.push(bytes("b"));
    typed.disconnect();
    typed.push(bytes("c"));
    typed.push(bytes("d"));
    expect([sent, typed.held]).toEqual([["a", "b"], 2]);
    typed.connect(send);
    expect([sent.join(""), typed.held]).toEqual(["abcd", 0]);
  });

  it("are in doubt until a heartbeat that was sent behind them comes back, and are never sent again", () => {
    const { typed, sent, proofs, timers, send } = keys();
    typed.connect(send);
    typed.push(bytes("abc"));
    for (const run of timers.splice(0)) run();
    typed.push(bytes("de"));
    typed.handleHeartbeat(proofs[0]!);
    expect(typed.disconnect()).toBe(2);
    typed.connect(send);
    expect([sent.join(""), typed.disconnect()]).toEqual(["abcde", 0]);
  });

  it("are dropped by a lone Ctrl-C while they wait", () => {
    const { typed, sent, send } = keys();
    typed.push(bytes("rm -rf x"));
    typed.push(bytes("\u0003"));
    typed.connect(send);
    expect(sent).toEqual(["\u0003"]);
  });
});
