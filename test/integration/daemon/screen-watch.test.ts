// `shell.watch` over the real socket: frames of one shell's screen, for as long as they are wanted.
import { describe, expect, it } from "vitest";
import type { ScreenFrame } from "../../../shared/rpc.js";
import { DaemonHome } from "../../support/daemon-process.js";
import { SocketClient } from "../../support/socket-client.js";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a connection that watches", () => {
  it("sees what is printed, one shell at a time, without being attached, and nothing after unwatch", async () => {
    const home = new DaemonHome().endShellsWithTest();
    await home.start().ready();
    const control = await SocketClient.greeted(home.socket);
    const env = { PATH: process.env["PATH"], TERM: "xterm" };
    const target = { kind: "local", cwd: home.home, env, command: ["cat"] };
    for (const name of ["one", "two"]) await control.call("shell.new", { name, target, cols: 70, rows: 9 });
    const print = (name: string, text: string) =>
      control.call("shell.send", { name, data: base64(`${text}\n`) });
    const watcher = await SocketClient.greeted(home.socket);
    const frames: ScreenFrame[] = [];
    /** The frames until `text` is on one, in order. */
    const seen = async (text: string): Promise<ScreenFrame> => {
      for (;;) {
        const { method, params } = await watcher.answer();
        if (method !== "screen") continue;
        const frame = params as ScreenFrame;
        frames.push(frame);
        if (frame.lines.some((line) => line.includes(text))) return frame;
      }
    };

    await watcher.call("shell.watch", { name: "one", rows: 5 });
    await print("one", "first");
    const frame = await seen("first");
    expect(frame).toMatchObject({ name: "one", cols: 70, rows: 9 });
    expect(frame.lines.length).toBeLessThanOrEqual(5);
    const { shell } = await control.call<{ shell: { clients: number } }>("shell.info", { name: "one" });
    expect(shell.clients).toBe(0);

    watcher.socket.write(watcher.request("shell.watch", { name: "two" }));
    await print("two", "second");
    await seen("second");
    frames.length = 0;
    await print("one", "unseen");
    await print("two", "third");
    await seen("third");
    expect(new Set(frames.map(({ name }) => name))).toEqual(new Set(["two"]));

    // Renamed, it is the same screen under another name.
    await control.call("shell.rename", { name: "two", to: "second" });
    await print("second", "fourth");
    expect(await seen("fourth")).toMatchObject({ name: "second" });

    watcher.socket.write(watcher.request("shell.unwatch"));
    for (;;) if ((await watcher.answer()).id !== undefined) break;
    await print("second", "unseen");
    await control.call("shell.capture", { name: "second" });
    // The answer to the next call is the next thing that comes.
    watcher.socket.write(watcher.request("shell.list"));
    expect((await watcher.answer()).method).toBeUndefined();
  });

  it("is told when there is no such shell", async () => {
    const home = new DaemonHome().endShellsWithTest();
    await home.start().ready();
    const watcher = await SocketClient.greeted(home.socket);
    await expect(watcher.call("shell.watch", { name: "nobody" })).rejects.toThrow("shell_not_found");
  });
});
