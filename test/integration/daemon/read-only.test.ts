// A client that attached read-only says everything that a client can say, through a raw socket: nothing of it has an effect.
import { describe, expect, it } from "vitest";
import { Channel } from "../../../shared/channel.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { DaemonHome } from "../../support/daemon-process.js";
import { SocketClient } from "../../support/socket-client.js";
import { until } from "../../support/until.js";

/** What would type, resize or lead on the channel that it is for, sent on every channel. */
const PAYLOADS = [
  "typed",
  "\u0003",
  '{"width":33,"height":11}',
  '{"kind":"lead"}',
  '{"kind":"resized","cols":33,"rows":11,"leads":true}',
  "",
];

describe("a read-only client", () => {
  it("changes nothing on any channel, alone or beside a leader", async () => {
    const home = new DaemonHome().endShellsWithTest();
    await home.start().ready();
    const control = await SocketClient.greeted(home.socket);
    const env = { PATH: process.env["PATH"], TERM: "xterm" };
    const target = { kind: "local", cwd: home.home, env, command: ["cat", "-v"] };
    await control.call("shell.new", { name: "work", target, cols: 90, rows: 25 });
    const info = async () => (await control.call<{ shell: ShellInfo }>("shell.info", { name: "work" })).shell;
    const screen = async () => (await control.call<{ text: string }>("shell.capture", { name: "work" })).text;
    const said: string[] = [];

    for (const beside of ["nobody", "a leader"]) {
      const leader = await SocketClient.greeted(home.socket);
      if (beside === "a leader") await leader.call("shell.attach", { name: "work", cols: 90, rows: 25 });
      const reader = await SocketClient.greeted(home.socket);
      await reader.call("shell.attach", { name: "work", cols: 40, rows: 12, readOnly: true });
      for (let channel = 0; channel < 255; channel++) {
        for (const payload of PAYLOADS) reader.send(channel, payload);
      }
      // Its echo proves that everything before it was read.
      reader.send(Channel.Heartbeat, "proof");
      for (;;) {
        const frame = await reader.frame();
        if (frame === undefined) throw new Error(`cut off beside ${beside}`);
        if (frame[0] === Channel.Heartbeat && Buffer.from(frame.subarray(1)).toString() === "proof") break;
      }
      const { attached, cols, rows, state } = await info();
      expect({ cols, rows, state }, beside).toEqual({ cols: 90, rows: 25, state: "live" });
      expect(
        attached.map(({ leads, readOnly }) => [leads, readOnly === true]),
        beside,
      ).toEqual([...(beside === "a leader" ? [[true, false]] : []), [false, true]]);

      const word = `heard-${beside.length}`;
      said.push(word, word);
      await control.call("shell.send", { name: "work", data: Buffer.from(`${word}\n`).toString("base64") });
      await until(`cat repeats ${word}`, async () => (await screen()).split(word).length === 3);
      expect((await screen()).trim().split("\n"), beside).toEqual(said);

      // CLOSE is its own way out, and nobody else's.
      reader.send(Channel.Close, "");
      await reader.rest();
      expect((await info()).clients, beside).toBe(beside === "a leader" ? 1 : 0);
      leader.close();
    }
    control.close();
  });
});
