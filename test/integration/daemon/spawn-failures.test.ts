// A shell that cannot be started: the system's reason is said, and nothing is left behind, however often.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeState } from "../../../daemon/shell/state/state-file.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import { DaemonHome } from "../../support/daemon-process.js";
import { openDescriptors, processesOf } from "../../support/processes.js";
import { SocketClient } from "../../support/socket-client.js";
import { until } from "../../support/until.js";

const env = { PATH: process.env["PATH"] ?? "", TERM: "xterm" };

/** The reason why it failed, or that it did not. */
async function failure(client: SocketClient, name: string, target: object): Promise<string> {
  client.socket.write(client.request("shell.new", { name, target: { kind: "local", env, ...target } }));
  const { error } = await client.answer();
  return error === undefined ? "made" : `${error.data?.["code"]}: ${error.message}`;
}

describe("a shell that cannot be started", () => {
  it("says why, and leaves nothing behind in 500 failures", async () => {
    const home = new DaemonHome().endShellsWithTest();
    const daemon = await home.start().ready();
    const first = await SocketClient.greeted(home.socket);
    // The runtime lives as long as it has a shell.
    expect(await failure(first, "kept", { cwd: home.home, command: ["sleep", "1000"] })).toBe("made");
    const [runtime = 0] = processesOf("runtime.cjs", "HOME", home.home);
    const cases: readonly (readonly [string, object])[] = [
      [
        "spawn_failed: cannot start the shell · cannot start in '/does/not/exist' · no such file or directory (ENOENT)",
        { cwd: "/does/not/exist", command: ["true"] },
      ],
      [
        "spawn_failed: cannot start the shell · cannot start in '/etc/passwd' · not a directory (ENOTDIR)",
        { cwd: "/etc/passwd", command: ["true"] },
      ],
      [
        "spawn_failed: cannot start the shell · cannot run 'no-such-program' · no such file or directory (ENOENT)",
        { cwd: "/", command: ["no-such-program"] },
      ],
      [
        "spawn_failed: cannot start the shell · cannot run '/etc/passwd' · permission denied (EACCES)",
        { cwd: "/", command: ["/etc/passwd"] },
      ],
    ];
    const counts = () => [openDescriptors(daemon.pid), openDescriptors(runtime)];
    const attempt = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        // A client of its own for each round: no client may make 200 calls in a second.
        const client = await SocketClient.greeted(home.socket);
        for (const [reason, target] of cases) expect(await failure(client, `s${i}`, target)).toBe(reason);
        client.close();
      }
    };
    await attempt(0, 5);
    const [before = 0, runtimeBefore = 0] = counts();
    await attempt(5, 125);
    // The last connections may still be closing, now as before.
    await until("the descriptors are as before", () => {
      const [now = 0, runtimeNow = 0] = counts();
      return now <= before && runtimeNow <= runtimeBefore;
    });
    expect((await first.call<{ shells: ShellInfo[] }>("shell.list")).shells.map(({ name }) => name)).toEqual([
      "kept",
    ]);
    const saved = () => decodeState(readFileSync(join(home.state, "state.json")));
    await until("the state file names one shell", () => {
      const state = saved();
      return state.kind === "ok" && state.records.length === 1;
    });
    first.close();
  });

  it("says that there are no pseudo-terminals left, and makes one when there are", async (context) => {
    const mount =
      "mount -t devpts -o newinstance,max=3,ptmxmode=666 devpts /dev/pts && mount --bind /dev/pts/ptmx /dev/ptmx";
    if (spawnSync("unshare", ["-m", "sh", "-c", mount]).status !== 0)
      return context.skip("terminals can be limited by root only");
    const home = new DaemonHome().endShellsWithTest();
    await home.start({ before: ["unshare", "-m", "sh", "-c", `${mount} && exec "$@"`, "sh"] }).ready();
    const client = await SocketClient.greeted(home.socket);
    const target = { cwd: "/", command: ["sleep", "1000"] };
    const answers: string[] = [];
    for (let i = 0; i < 5; i++) answers.push(await failure(client, `s${i}`, target));
    expect(answers.slice(0, 3)).toEqual(["made", "made", "made"]);
    expect(answers.slice(3)).toEqual(
      Array.from({ length: 2 }, () =>
        expect.stringMatching(
          /^spawn_failed: cannot start the shell · no pseudo-terminal to be had · all are in use \(\d+ of \d+ on this machine\)$/,
        ),
      ),
    );
    await client.call("shell.kill", { name: "s0" });
    expect(await failure(client, "again", target)).toBe("made");
    expect((await client.call<{ shells: ShellInfo[] }>("shell.list")).shells).toHaveLength(3);
    client.close();
  });

  it("keeps every shell when the runtime runs out of descriptors, and makes more when there is room", async () => {
    const home = new DaemonHome().endShellsWithTest();
    await home.start({ descriptors: 44 }).ready();
    const client = await SocketClient.greeted(home.socket);
    const target = { cwd: "/", command: ["sleep", "1000"] };
    const made: string[] = [];
    let refusal = "made";
    for (let i = 0; i < 30 && refusal === "made"; i++) {
      refusal = await failure(client, `s${i}`, target);
      if (refusal === "made") made.push(`s${i}`);
    }
    expect(refusal).toMatch(/too many open files \(EMFILE\)|cannot talk to the local runtime/);
    const pidsOf = async () => {
      const { shells } = await client.call<{ shells: ShellInfo[] }>("shell.list");
      return shells.filter(({ name }) => made.includes(name)).map(({ pid }) => pid);
    };
    const pids = await pidsOf();
    expect(pids).toHaveLength(made.length);
    for (let i = 0; i < 10; i++) expect(await failure(client, `more${i}`, target)).not.toBe("made");
    expect(await pidsOf()).toEqual(pids);
    for (const name of made.splice(0, 2)) await client.call("shell.kill", { name });
    expect(await failure(client, "again", target)).toBe("made");
    client.close();
  });
});
