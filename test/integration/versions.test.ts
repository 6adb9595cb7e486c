// Clients and daemons of different versions: one clear line, the few methods that always work, and a hand-over.
import { spawnSync } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import type { DaemonStatus, ShellInfo } from "../../shared/rpc.js";
import { otherVersion } from "../support/other-version.js";
import { ResumingClient } from "../support/resuming-client.js";
import { program, type RunResult, Sandbox } from "../support/sandbox.js";
import { SocketClient } from "../support/socket-client.js";
import { Tmux } from "../support/tmux.js";

function runner(sandbox: Sandbox, agentd: string) {
  return (...args: string[]): RunResult => {
    const options = { env: sandbox.env, cwd: sandbox.home, encoding: "utf8", timeout: 30_000 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [agentd, ...args], options);
    return { status, stdout, stderr };
  };
}

function newSandbox(): Sandbox {
  const sandbox = new Sandbox();
  onTestFinished(() => sandbox.dispose());
  return sandbox;
}

describe("versions", () => {
  it("tells a client of another protocol what to do, and lets it look, stop and restart; shells stay", async () => {
    const sandbox = newSandbox();
    const agentds = [otherVersion(0, "0.0.1"), program("agentd"), otherVersion(2)];
    const run = agentds.map((path) => runner(sandbox, path));
    expect(run[1]!("new", "-d", "kept", "--local", "--", "sleep", "1000")).toMatchObject({ status: 0 });
    const shellsOf = (protocol: number) =>
      (JSON.parse(run[protocol]!("ls", "--json").stdout) as { shells: ShellInfo[] }).shells;
    const [{ pid: shellPid } = {}] = shellsOf(1);
    // Every ordered pair of versions once.
    const tour = [1, 0, 2, 1, 2, 0, 1];
    for (const [index, daemon] of tour.slice(0, -1).entries()) {
      const client = tour[index + 1]!;
      const refused = run[client]!("ls");
      expect(refused).toEqual({
        status: 69,
        stdout: "",
        stderr: `the client speaks protocol ${client} and the daemon ${daemon} · run: agentd daemon restart (shells stay)\n`,
      });
      expect(run[client]!("new", "-d", "x", "--local")).toMatchObject({ status: 69, stdout: "" });
      const before = JSON.parse(run[client]!("daemon", "status", "--json").stdout) as DaemonStatus;
      expect(run[client]!("daemon", "restart")).toMatchObject({ status: 0, stdout: "", stderr: "" });
      const after = JSON.parse(run[client]!("daemon", "status", "--json").stdout) as DaemonStatus;
      expect(after.pid).not.toBe(before.pid);
      expect(shellsOf(client)).toMatchObject([{ name: "kept", pid: shellPid, state: "live" }]);
    }
    expect(run[2]!("daemon", "stop")).toMatchObject({ status: 0 });
    expect(run[2]!("daemon", "status")).toMatchObject({ status: 69 });
  }, 60_000);

  it("hands over to the daemon of a newer client; a client that was attached goes on where it was", async () => {
    const sandbox = newSandbox();
    expect(sandbox.run(["daemon", "start"])).toMatchObject({ status: 0 });
    const control = await SocketClient.greeted(sandbox.socketPath);
    const script = "stty -echo; i=0; while :; do i=$((i+1)); echo line-$i; sleep 0.002; done";
    const env = { PATH: process.env["PATH"], TERM: "xterm" };
    const target = { kind: "local", cwd: sandbox.home, env, command: ["bash", "-c", script] };
    await control.call("shell.new", { name: "printer", target });
    const attached = new ResumingClient(sandbox.socketPath, "printer");
    await attached.attach();
    await attached.more(20);
    expect(runner(sandbox, otherVersion(1))("daemon", "restart")).toMatchObject({ status: 0, stderr: "" });
    await attached.attach();
    await attached.more(20);
    expect(attached.violations).toEqual([]);
    expect(attached.resumptions).toBe(1);
    expect(sandbox.json<DaemonStatus>(["daemon", "status", "--json"]).version).toBe("9.9.9");
    attached.close();
  });

  it.skipIf(spawnSync("tmux", ["-V"]).status !== 0)(
    "tells an attached terminal of an older protocol in one line how to come back",
    async () => {
      const sandbox = newSandbox();
      const tmux = new Tmux(sandbox.env);
      onTestFinished(() => tmux.dispose());
      expect(sandbox.run(["new", "-d", "kept", "--local", "--", "cat"])).toMatchObject({ status: 0 });
      const pane = tmux.open(`${process.execPath} ${program("agentd")} attach kept`);
      await pane.waitFor("attached kept");
      const newer = runner(sandbox, otherVersion(2));
      expect(newer("daemon", "restart")).toMatchObject({ status: 0, stderr: "" });
      expect(await pane.status()).toBe(254);
      expect(pane.capture()).toContain("protocol 1 and the daemon 2");
    },
  );
});
