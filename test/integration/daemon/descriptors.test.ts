// A daemon with few descriptors: it says that it is full, what runs goes on, and it serves again when there is room.
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Channel } from "../../../shared/channel.js";
import type { AttachResult, ShellInfo } from "../../../shared/rpc.js";
import { DaemonHome } from "../../support/daemon-process.js";
import { openDescriptors } from "../../support/processes.js";
import { program } from "../../support/sandbox.js";
import { SocketClient } from "../../support/socket-client.js";

const BUSY = "busy: too many open files (limit 64 · raise LimitNOFILE)";

async function outputUntil(client: SocketClient, text: string): Promise<void> {
  for (let output = ""; !output.includes(text); ) {
    const frame = await client.frame();
    if (frame === undefined) throw new Error(`ended before '${text}'`);
    if (frame[0] === Channel.Stdout) output += Buffer.from(frame.subarray(1)).toString("latin1");
  }
}

describe("few descriptors", () => {
  it("refuses with the reason, keeps its shells, and recovers by itself", async () => {
    const home = new DaemonHome().endShellsWithTest();
    const daemon = await home.start({ descriptors: 64 }).ready();
    const control = await SocketClient.greeted(home.socket);
    const env = { PATH: process.env["PATH"], TERM: "xterm" };
    const target = { kind: "local", cwd: home.home, env, command: ["cat"] };
    await control.call("shell.new", { name: "work", target });
    const attached = await SocketClient.greeted(home.socket);
    await attached.call<AttachResult>("shell.attach", { name: "work", cols: 80, rows: 24 });

    const crowd: SocketClient[] = [];
    let refusal: unknown;
    // A file that is open for a moment (a save) may be the one too many: several refusals in a row are certain.
    for (let refusals = 0; refusals < 5 && crowd.length < 64; ) {
      const client = await SocketClient.connect(home.socket);
      client.socket.write(client.request("hello", { protocol: 1, client: "crowd" }));
      const answer = await client.answer();
      if (answer.error === undefined) crowd.push(client);
      refusals = answer.error === undefined ? 0 : refusals + 1;
      refusal = answer.error;
    }
    expect(refusal).toMatchObject({ message: BUSY, data: { code: "too_busy", details: { limit: 64 } } });
    expect(crowd.length).toBeGreaterThan(10);
    const [cli, json] = [[], ["--json"]].map((more) =>
      spawnSync(process.execPath, [program("agentd"), "ls", ...more], { env: home.env, encoding: "utf8" }),
    );
    expect(cli).toMatchObject({ status: 75, stdout: "", stderr: `${BUSY}\n` });
    expect(json?.stdout).toContain(`"code":"too_busy"`);

    // A storm at the closed door, while a shell is typed into and the state is saved.
    const storm = await Promise.all(Array.from({ length: 40 }, () => SocketClient.connect(home.socket)));
    attached.send(Channel.Stdin, "still-here\n");
    await outputUntil(attached, "still-here");
    await control.call("shell.rename", { name: "work", to: "kept" });
    for (const client of storm) expect(await client.rest()).toMatch(/^$|too_busy/);

    for (const client of crowd) client.close();
    await expect
      .poll(() =>
        SocketClient.greeted(home.socket)
          .then((client) => client.call("shell.list"))
          .catch(String),
      )
      .toMatchObject({ shells: [{ name: "kept", state: "live" }] });
    // Not even when the system takes back what it gave: no number is free for anything new.
    const before = openDescriptors(daemon.pid);
    spawnSync("prlimit", [`--pid=${daemon.pid}`, "--nofile=8:64"]);
    for (let i = 0; i < 20; i++) (await SocketClient.connect(home.socket)).close();
    attached.send(Channel.Stdin, "and-now\n");
    await outputUntil(attached, "and-now");
    spawnSync("prlimit", [`--pid=${daemon.pid}`, "--nofile=64:64"]);
    await expect
      .poll(() =>
        SocketClient.greeted(home.socket)
          .then((client) => client.call("shell.list"))
          .catch(String),
      )
      .toMatchObject({ shells: [{ name: "kept" } as ShellInfo] });
    expect(openDescriptors(daemon.pid)).toBeLessThanOrEqual(before + 2);
    attached.close();
    control.close();
  });
});
